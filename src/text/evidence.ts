/** The conclusion of an evidence report: one sentence from the events of a request. */

import type { RunHistory } from '../domain/evidence/run-history.ts';
import type { Verdict } from '../domain/evidence/verdict.ts';
import { type CustomerKey, sameVaultUri } from '../domain/observed.ts';
import { effectsOf, type StepName } from '../domain/plan.ts';
import { ProofLevel } from '../domain/proof.ts';
import type { Request, Succeeded } from '../domain/request/request.ts';
import { joinListPieces } from '../domain/strings.ts';
import { shortDrift } from './drift.ts';
import { utcInWords } from './instants.ts';
import { resourceKeyWords } from './keys.ts';
import { stepTable } from './steps.ts';

/** A sentence in pieces, of which some are emphasized. */
export type Sentence = readonly (string | { readonly strong: string })[];

export const plainSentence = (sentence: Sentence): string =>
  sentence.map((piece) => (typeof piece === 'string' ? piece : piece.strong)).join('');

/** Marks that are readable without color, also on a fax. */
type EvidenceMark = '✔' | '▲' | '○' | '✘' | '!';

interface VerdictWords {
  readonly mark: EvidenceMark;
  readonly sentence: Sentence;
}

export type Who = (id: string | null) => string;

type UnderKey = Extract<Verdict, { is: 'under-key' }>;

const strong = (text: string) => ({ strong: text });

/** `L2`: the levels are numbered from 0. */
export const levelCode = (level: ProofLevel): string => `L${ProofLevel.options.indexOf(level)}`;
const highest = `L${ProofLevel.options.length - 1}`;

const provedBy: Readonly<Record<ProofLevel, string>> = {
  'read-back': 'Azure reports this key on the resource',
  'permission-held': 'Azure reports this key on the resource, whose identity has permission to use it',
  'key-usable': 'the key was tested; use by the resource wasn’t observed',
  'use-seen': 'the vault’s log shows that the resource used the key',
};

/** For a key whose use by the resource wasn't observed. */
function notSeen({ use }: Pick<Succeeded, 'use'>): string {
  if (use === null) return provedBy['key-usable'];
  const { judged, until } = use;
  if (judged === null)
    return `the key was tested; the bot checks the vault’s log for use by the resource until ${utcInWords(until)}`;
  return judged.answer.outcome === 'not-used'
    ? 'the key was tested; the vault’s log shows no use by the resource'
    : 'the key was tested; use by the resource is unknown';
}

const proofOf = (request: Request, level: ProofLevel): string =>
  level === 'key-usable' && request.state === 'succeeded' ? notSeen(request) : provedBy[level];

const isUnused = (request: Request): boolean =>
  request.state === 'succeeded' && request.use?.judged?.answer.outcome === 'not-used';

const vaultName = ({ plan }: Request, uri: string): string =>
  sameVaultUri(plan.observation.vault.uri, uri) ? plan.observation.vault.name : uri;

const deciders = (request: Request, who: Who): Sentence => [
  'requested by ',
  strong(who(request.requester)),
  ...(request.approvals.length === 0
    ? []
    : [
        ', approved by ',
        ...joinListPieces(
          request.approvals.map(({ by }) => who(by)),
          strong,
        ),
      ]),
];

function replacedWords(
  replacement: NonNullable<UnderKey['replacedBy']>,
  found: CustomerKey | null,
  who: Who,
): Sentence {
  const { request, seq, at, approvers } = replacement;
  const approved = joinListPieces(approvers.map(who), strong);
  const set = `: event ${seq} set ${resourceKeyWords(found)}.`;
  return ['. ', strong(`Request ${request} replaced it`), ` on ${utcInWords(at)}, approved by `, ...approved, set];
}

function differenceWords({ codes, from, until, seqs }: UnderKey['differences'][number]): Sentence {
  const end = until === null ? ', and nothing says that it ended' : ` to ${utcInWords(until)}`;
  const events = `${seqs.length === 1 ? 'event' : 'events'} ${seqs.join(', ')}`;
  const found = codes.map(shortDrift).join(', ');
  return [' ', strong('The key watch logged a difference:'), ` ${found}, from ${utcInWords(from)}${end} (${events}).`];
}

/** ` key cmk-triage in kv-care` */
const keyIn = (request: Request, { keyName, vaultUri }: CustomerKey): Sentence => [
  ' key ',
  strong(keyName),
  ' in ',
  strong(vaultName(request, vaultUri)),
];

const putWords = (request: Request, { put, key }: UnderKey): Sentence =>
  put ? [' was put under', ...keyIn(request, key), ' on'] : [' was under', ...keyIn(request, key), ', as verified on'];

/** What a request to retire a version disabled. */
const disabledWords = ({ plan }: Request): Sentence =>
  effectsOf(plan).flatMap((effect) =>
    effect.change === 'key-disablement' ? [`; its version ${effect.keyVersion} was disabled`] : [],
  );

function underKey(request: Request, verdict: UnderKey, who: Who): VerdictWords {
  const { mark, sentence } = statementOf(request, verdict, who);
  const differences = verdict.differences.flatMap(differenceWords);
  return { mark: differences.length === 0 ? mark : '▲', sentence: [...sentence, ...differences] };
}

function statementOf(request: Request, verdict: UnderKey, who: Who): VerdictWords {
  const { since, level, now, found, replacedBy } = verdict;
  const begin: Sentence = [
    strong(request.resourceName),
    ...putWords(request, verdict),
    ` ${utcInWords(since)}`,
    ...disabledWords(request),
    now === 'same' ? '; when last read, Azure showed the same key; ' : '; ',
    ...deciders(request, who),
  ];
  const proof: Sentence =
    level === null
      ? []
      : ['; verification level ', strong(`${levelCode(level)} of ${highest}`), `: ${proofOf(request, level)}`];
  if (now === 'same') return { mark: isUnused(request) ? '▲' : '✔', sentence: [...begin, ...proof, '.'] };
  if (now === 'unread') {
    return {
      mark: '✔',
      sentence: [...begin, ...proof, '. ', strong('Azure couldn’t be read again'), ' for this report.'],
    };
  }
  if (replacedBy !== null) return { mark: '○', sentence: [...begin, ...replacedWords(replacedBy, found, who)] };
  const instead: Sentence =
    now === 'gone'
      ? [strong('When last read, the resource no longer existed'), '.']
      : [strong('When last read, the key was different:'), ` the resource had ${resourceKeyWords(found)}.`];
  return { mark: '▲', sentence: [...begin, '. ', ...instead] };
}

const ended: Readonly<Record<'rejected' | 'cancelled' | 'expired', string>> = {
  rejected: 'rejected it',
  cancelled: 'cancelled it',
  expired: 'expired without a decision',
};

const actorName = ({ by, operator }: Extract<Verdict, { by: unknown }>, who: Who): string =>
  by === null && operator !== null ? `operator ${operator}` : who(by);

/** What the runs of a request that did not succeed did to the key. Null: nothing. */
function keyHistoryWords(request: Request, { key, unconfirmed }: RunHistory): Sentence | null {
  if (key !== null && !key.found)
    return [' was put under', ...keyIn(request, key.key), ` on ${utcInWords(key.at)}, which was not verified: `];
  if (unconfirmed.includes('set-cmk')) return [' might be under the requested key, which Azure did not confirm: '];
  return key === null ? null : [' already was under', ...keyIn(request, key.key), ` on ${utcInWords(key.at)}: `];
}

const titlesOf = (steps: readonly StepName[]): string => steps.map((step) => `“${stepTable[step].title}”`).join(', ');

function leftWords({ done, unconfirmed }: RunHistory): string {
  const open = unconfirmed.length === 0 ? '' : ` Not confirmed: ${titlesOf(unconfirmed)}.`;
  return ` Done and not undone: ${done.length === 0 ? 'nothing' : titlesOf(done)}.${open}`;
}

function notChanged(request: Request, verdict: Extract<Verdict, { is: 'not-changed' }>, who: Who): VerdictWords {
  const { how, at, touched, history } = verdict;
  const end: Sentence = how === 'expired' ? [ended.expired] : [strong(actorName(verdict, who)), ` ${ended[how]}`];
  const what = touched ? ' was not put under another key: ' : ' was not changed: ';
  const told = keyHistoryWords(request, history);
  return {
    mark: told === null ? '○' : '▲',
    sentence: [
      strong(request.resourceName),
      ...(told ?? [what]),
      strong(who(request.requester)),
      ' requested it, ',
      ...end,
      `, ${utcInWords(at)}.${touched ? leftWords(history) : ''}`,
    ],
  };
}

function failed(request: Request, verdict: Extract<Verdict, { is: 'failed' }>, who: Who): VerdictWords {
  const { step, history, at } = verdict;
  const where = step === null ? 'before a step' : `at “${stepTable[step].title}”`;
  const what = `was not put under ${history.setsKey ? 'the requested' : 'another'} key`;
  return {
    mark: '✘',
    sentence: [
      strong(request.resourceName),
      ...(keyHistoryWords(request, history) ?? [` ${what}: `]),
      `the run stopped ${where}, and `,
      strong(actorName(verdict, who)),
      ` ended the request, ${utcInWords(at)}.${leftWords(history)}`,
    ],
  };
}

const waits: Readonly<Record<Extract<Verdict, { is: 'open' }>['state'], string>> = {
  'awaiting-approval': 'it’s waiting for approval',
  approved: 'it’s approved and hasn’t started',
  running: 'it’s running',
  'needs-attention': 'it needs attention',
};

function open(request: Request, verdict: Extract<Verdict, { is: 'open' }>, who: Who): VerdictWords {
  const { state, step, at, history } = verdict;
  const begin = history.setsKey ? ' is not yet under the key that ' : ' is not yet changed as ';
  const requested: Sentence = [begin, strong(who(request.requester)), ' requested: '];
  const where = step === null ? '' : ` at “${stepTable[step].title}”`;
  return {
    mark: '!',
    sentence: [
      strong(request.resourceName),
      ...(keyHistoryWords(request, history) ?? requested),
      `${waits[state]}${where}, since ${utcInWords(at)}.`,
    ],
  };
}

export function verdictWords(request: Request, verdict: Verdict, who: Who): VerdictWords {
  switch (verdict.is) {
    case 'under-key':
      return underKey(request, verdict, who);
    case 'not-changed':
      return notChanged(request, verdict, who);
    case 'failed':
      return failed(request, verdict, who);
    case 'open':
      return open(request, verdict, who);
  }
}
