/** Texts for faults of the audit log, for the person who repairs it. */
import type { RecordFault, RowFault } from '../domain/record/faults.ts';

export const faultWords: Record<RecordFault, string> = {
  'hash-differs': 'its body or its hash was changed',
  'prev-differs': 'it does not follow on the event before: one was changed, replaced or taken out',
  'not-contiguous': 'an event before it is missing, doubled or moved',
  'not-canonical': 'its body is not in the form that is hashed',
  'column-differs': 'a column differs from the event’s body',
  'head-differs': 'the audit log doesn’t end where it should: events were removed from its end, or added after it',
  'seal-missing': 'it has no seal, so it was added without the seal key',
  'seal-differs': 'its seal is not its own: it was forged, or taken from another event',
  'seal-key-unknown': 'it is sealed with a key that is not known here',
  'seal-key-retired': 'it is sealed with a key that was no longer in use, or not yet',
  'revision-differs': 'events of its request are missing, doubled or were replaced',
  'text-differs': 'a text is not the one that was written',
  'text-unknown': 'a text was added that no event has',
  'text-missing': 'a text is gone, and no event says that it was erased',
  'open-request-differs': 'which request holds the resource is not what the events say',
  'outbox-unknown': 'something is to be done that no event asks for',
  'begins-otherwise': 'its request does not begin, or begins again, with a person’s submission',
  'after-the-end': 'its request had ended',
  'not-in-this-state': 'this cannot happen to a request in the state it was in',
  'not-theirs': 'the recorded person wasn’t allowed to do it',
  'changed-unduly': 'its requester changed it to another agent, too often, or once a run had begun',
  'approved-twice': 'the same person approved twice',
  'approved-another-plan': 'another plan was approved, or carried out, than the one that was asked last',
  'out-of-time': 'it was approved after the time to decide, or expired before it',
  miscounted: 'it says another number of approvals than there are',
  'not-acknowledged': 'what cannot be undone was approved without its tick',
  'too-few-approvals': 'a run was let go without enough approvals by different people',
  'another-run': 'it is of another run than the one that was ordered last',
  'not-checked': 'a step was started in a run without the pre-run check',
  'out-of-turn': 'a step was begun that was not planned, or before its turn',
  'result-without-intent': 'a step has a result that was never begun',
  'not-proved': 'success was recorded although something was not done, or not proved',
  'time-went-back': 'it is dated before the event before it, and does not say that a clock was set right',
  'body-unknown': 'it holds something that no event of this record has',
  'rows-differ': 'there are more or fewer rows than events',
  'export-differs': 'what was kept of before has it otherwise, or has more',
  'line-unreadable': 'a line is neither an event nor a text',
  'checkpoint-not-signed': 'a checkpoint is not signed by this log',
  'checkpoint-differs': 'a signed checkpoint is not of the events that are published',
  'tile-differs': 'a published tile is not the one that the events make',
  'file-damaged': 'a file of the pack was damaged, is missing, or was put in',
  'proof-differs': 'it is not in the log that was signed, or its proof is another',
  'plan-digest-differs': 'its digest is not that of its plan',
  'another-request': 'it is an event of another request',
  'view-differs': 'a file of the pack says something other than the events',
};

interface Broken {
  readonly seq: number | null;
  readonly request: string | null;
  readonly fault: RowFault;
  readonly detail: string;
}

/** The last message of a process that read an invalid row and must not act on it. */
export function brokenWords({ seq, request, fault, detail }: Broken): string {
  const where = [seq === null ? null : `event ${seq}`, request].filter((part) => part !== null && part !== '');
  const remedy =
    fault === 'seal-key-unknown' || fault === 'seal-key-retired'
      ? 'Check that the seal key file belongs to this audit log, with its newest key last.'
      : 'Compare with an export (cmk-bot audit verify --against), then put the database back as it was.';
  const place = where.length === 0 ? '' : `${where.join(' of ')}: `;
  return [
    `the audit log was changed outside the bot, so the bot doesn’t act on it: ${place}${faultWords[fault]} (${fault}).`,
    `  ${detail}`,
    `cmk-bot audit verify lists everything that is wrong. ${remedy}`,
  ].join('\n');
}

/** Why the bot doesn't publish anything after the existing log. */
const contradictionWords = {
  'not-this-log': 'its newest checkpoint is not one of this log',
  'record-shorter': 'more events were published than the audit log has',
  'record-differs': 'published events differ from the audit log',
} as const;

interface Contradiction {
  readonly kind: keyof typeof contradictionWords;
  readonly published: number | null;
  readonly recorded: number;
  readonly reason: keyof typeof foreignWords | null;
}

const keepIt =
  'Keep a copy of it as evidence, and compare its checkpoint with those in checkpoints and with what witnesses signed.';

/** Why a checkpoint isn't this log's, and what to do. */
export const foreignWords = {
  'other-log': [
    'It’s the checkpoint of a log of another name.',
    'Put back the name in CMK_LOG_NAME, or name this log’s own place in CMK_ANCHOR.',
  ],
  'other-key': [
    'It isn’t signed with the log signing key in CMK_LOG_KEY_FILE or CMK_LOG_KEY_SECRET.',
    'Put back the key that belongs to this log. A new key is added as the last line, below the old one.',
  ],
  changed: ['Its text was changed after it was signed with the log signing key.', keepIt],
  unreadable: ['It isn’t a signed checkpoint: it was damaged, cut off or replaced.', keepIt],
} as const;

/** The last message of a process whose audit log contradicts the published one. */
export function contradictedWords({ kind, published, recorded, reason }: Contradiction, where: string): string {
  const counts = `Published: ${published ?? 'an unknown number of'} events. The audit log was read up to ${recorded}.`;
  const remedy =
    reason !== null
      ? foreignWords[reason].join(' ')
      : 'Restore the newest backup. If you restored an older one on purpose, keep that folder as evidence. Then set a new folder in CMK_ANCHOR and a new name in CMK_LOG_NAME.';
  return [
    `the published log in ${where} contradicts the audit log, so the bot doesn’t act on it: ${contradictionWords[kind]} (${kind}).`,
    `  ${counts}`,
    `cmk-bot audit verify --anchor ${where} says what is missing. ${remedy}`,
  ].join('\n');
}

/** For an audit log from before seals, which was not confirmed yet. */
export const notTrustedWords = (
  { seq, hash }: { readonly seq: number; readonly hash: string },
  where: string,
): string =>
  [
    `the ${seq} events in ${where} carry no seal, and the seals’ key is not new to them.`,
    `They end at ${seq}:${hash}`,
    'Compare that with what was exported or shown in the audit channel before this version was installed. If it is the end you',
    `know, start once with CMK_TRUST_RECORD=${seq}:${hash}; they are then sealed as they are. If it is not, they were replaced.`,
  ].join('\n');

/** For a bot whose own database user could turn off what protects the audit log. */
export const ownerAdvice =
  'give it a user of its own in DATABASE_URL, and the owner’s in CMK_DATABASE_OWNER_URL, with which the tables are brought up';
