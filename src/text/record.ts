/** Texts for faults of the audit log and for its keys, for the person who repairs it. */
import type { RecordFault, RowFault } from '../domain/record/faults.ts';

export const faultWords: Record<RecordFault, string> = {
  'hash-differs': 'its body or hash was changed',
  'prev-differs': 'it doesn’t continue the event before: an event was changed, replaced or removed',
  'not-contiguous': 'an event before it is missing, duplicated or moved',
  'not-canonical': 'its body isn’t in the canonical form that is hashed',
  'column-differs': 'a column differs from the event’s body',
  'head-differs': 'the audit log doesn’t end where it should: events were removed from its end, or added after it',
  'seal-missing': 'it has no seal, so it was added without the seal key',
  'seal-differs': 'its seal is wrong: it was forged, or copied from another event',
  'seal-key-unknown': 'it is sealed with a key that isn’t known here',
  'seal-key-retired': 'it is sealed with a key that wasn’t in use at that time',
  'revision-differs': 'events of its request are missing, duplicated or replaced',
  'text-differs': 'a text isn’t the one that was written',
  'text-unknown': 'a text was added that no event refers to',
  'text-missing': 'a text is missing, and no event says that it was erased',
  'open-request-differs': 'the open request of the resource differs from the events',
  'job-unknown': 'a job has no event',
  'rows-differ': 'there are more or fewer rows than events',
  'export-differs': 'the older copy has a different event, or more events',
  'line-unreadable': 'a line is neither an event nor a text',
  'checkpoint-not-signed': 'a checkpoint isn’t signed by this log',
  'checkpoint-differs': 'a signed checkpoint doesn’t match the published events',
  'tile-differs': 'a published tile doesn’t match the events',
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
      : 'Compare with an export (cmk-bot audit verify --against), then restore the database.';
  const place = where.length === 0 ? '' : `${where.join(' of ')}: `;
  return [
    `the audit log was changed outside the bot, so the bot doesn’t act on it: ${place}${faultWords[fault]} (${fault}).`,
    `  ${detail}`,
    `cmk-bot audit verify lists everything that is wrong. ${remedy}`,
  ].join('\n');
}

/** Why the bot doesn't publish anything after the existing log. */
const contradictionWords = {
  'not-this-log': 'its newest checkpoint isn’t from this log',
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
    'It’s the checkpoint of a log with another name.',
    'Restore the name in CMK_LOG_NAME, or set the place of this log in CMK_ANCHOR.',
  ],
  'other-key': [
    'It isn’t signed with the log signing key in CMK_LOG_KEY_FILE or CMK_LOG_KEY_SECRET.',
    'Restore the key of this log. Add a new key as the last line, below the old one.',
  ],
  changed: ['Its text was changed after it was signed with the log signing key.', keepIt],
  unreadable: ['It isn’t a signed checkpoint: it was damaged, truncated or replaced.', keepIt],
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
    `cmk-bot audit verify --anchor ${where} shows what is missing. ${remedy}`,
  ].join('\n');
}

/** For a bot whose own database user could turn off what protects the audit log. */
export const ownerAdvice = 'set another user in DATABASE_URL, and the owner in CMK_DATABASE_OWNER_URL for migrations';

/** For tables of a version that this program can't read. */
export const unknownFormatWords = ({
  where,
  migration,
  newer,
}: {
  readonly where: string;
  readonly migration: string;
  readonly newer: boolean;
}): string =>
  newer
    ? `${where} has migration ${migration}, made by a newer version of this program. Start that version again, or restore the backup from before its first start, and lose later decisions (docs/operate/back-up-and-upgrade.md#upgrade).`
    : `${where} was created by a preview of this program, which this version can’t read. Set a new database (DATABASE_URL).`;

/** The purpose of a key, with the texts of its file. `exact`: 32 bytes, no more. */
const keyUse = (name: string, exact: boolean, secretSetting: string) => ({
  name,
  exact,
  secretSetting,
  malformed: (where: string) =>
    `${name} in ${where}: every line must be a key of ${exact ? '' : 'at least '}32 bytes in base64, such as “openssl rand -base64 32” prints. Restore the file, or correct that line.`,
  undated: (where: string) =>
    `${name} in ${where}: behind each key but the last one, write the last event of its time: “ until NUMBER HASH”, as cmk-bot audit verify prints the end of the log.`,
  missing: (file: string) =>
    `${name} doesn’t exist: ${file}. Restore the file of this audit log. For a new audit log, create one: (umask 077; openssl rand -base64 32 > ${file}).`,
  exposed: (file: string, mode: string) =>
    `${name} in ${file} can be read or written by others (mode ${mode}): chmod 600 ${file}. If someone might have read it, replace the key (docs/operate/rotate-secrets.md#replace-the-seal-key).`,
});

export const sealKeyUse = keyUse('the seal key', false, 'CMK_SEAL_KEY_SECRET');

export const logKeyUse = keyUse('the log signing key', true, 'CMK_LOG_KEY_SECRET');
