/** The conclusion of an evidence report: one sentence from the events of a request. */

import type { Replacement } from '../domain/evidence/replacement.ts';
import type { Verdict } from '../domain/evidence/verdict.ts';
import { type CustomerKey, sameVaultUri } from '../domain/observed.ts';
import { ProofLevel } from '../domain/proof.ts';
import type { Request, Succeeded } from '../domain/request/request.ts';
import { joinListPieces } from '../domain/strings.ts';
import { utcInWords } from './instants.ts';
import { resourceKeyWords } from './keys.ts';
import { stepTitles } from './steps.ts';

/** A sentence in pieces, of which some are emphasized. */
export type Sentence = readonly (string | { readonly strong: string })[];

export const plainSentence = (sentence: Sentence): string =>
  sentence.map((piece) => (typeof piece === 'string' ? piece : piece.strong)).join('');

/** Marks that are readable without color, also on a fax. */
export type EvidenceMark = '✔' | '▲' | '○' | '✘' | '!';

export interface VerdictWords {
  readonly mark: EvidenceMark;
  readonly sentence: Sentence;
}

/** Returns a person's name, or the object ID. */
export type Who = (id: string | null) => string;

const strong = (text: string) => ({ strong: text });

/** `L2`: the levels are numbered from 0. */
export const levelCode = (level: ProofLevel): string => `L${ProofLevel.options.indexOf(level)}`;
const highest = `L${ProofLevel.options.length - 1}`;

const provedBy: Readonly<Record<ProofLevel, string>> = {
  'read-back': 'Azure reports this key on the agent',
  'permission-held': 'Azure reports this key on the agent, whose identity has permission to use it',
  'key-usable': 'the key was tested; use by the agent wasn’t observed',
  'use-seen': 'the vault’s log shows that the agent used the key',
};

/** For a key whose use by the agent wasn't observed. */
function notSeen({ use }: Pick<Succeeded, 'use'>): string {
  if (use === null) return provedBy['key-usable'];
  const { judged, until } = use;
  if (judged === null)
    return `the key was tested; the bot checks the vault’s log for use by the agent until ${utcInWords(until)}`;
  return judged.answer.outcome === 'not-used'
    ? 'the key was tested; the vault’s log shows no use by the agent'
    : 'the key was tested; use by the agent is unknown';
}

const proofOf = (request: Request, level: ProofLevel): string =>
  level === 'key-usable' && request.state === 'succeeded' ? notSeen(request) : provedBy[level];

const isUnused = (request: Request): boolean =>
  request.state === 'succeeded' && request.use?.judged?.answer.outcome === 'not-used';

/** Returns the vault's name if it is the plan's vault, or else its address. */
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

function replacedWords(replacement: Replacement, found: CustomerKey | null, who: Who): Sentence {
  const { request, seq, at, approvers } = replacement;
  const approved = joinListPieces(approvers.map(who), strong);
  const set = `: event ${seq} set ${resourceKeyWords(found)}.`;
  return ['. ', strong(`Request ${request} replaced it`), ` on ${utcInWords(at)}, approved by `, ...approved, set];
}

function underKey(request: Request, verdict: Extract<Verdict, { is: 'under-key' }>, who: Who): VerdictWords {
  const { key, since, level, now, found, replacedBy } = verdict;
  const holds = now === 'same';
  const begin: Sentence = [
    strong(request.resourceName),
    holds ? ' is under key ' : ' was put under key ',
    strong(key.keyName),
    ' in ',
    strong(vaultName(request, key.vaultUri)),
    `${holds ? ' since' : ' on'} ${utcInWords(since)}; `,
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
  const instead = now === 'gone' ? 'the agent was deleted.' : `the agent had ${resourceKeyWords(found)}.`;
  return { mark: '▲', sentence: [...begin, '. ', strong('When last read, the key was different:'), ` ${instead}`] };
}

const ended: Readonly<Record<'rejected' | 'cancelled' | 'expired', string>> = {
  rejected: 'rejected it',
  cancelled: 'cancelled it',
  expired: 'expired without a decision',
};

const actorName = ({ by, operator }: Extract<Verdict, { by: unknown }>, who: Who): string =>
  by === null && operator !== null ? `operator ${operator}` : who(by);

function notChanged(request: Request, verdict: Extract<Verdict, { is: 'not-changed' }>, who: Who): VerdictWords {
  const { how, at, touched } = verdict;
  const end: Sentence = how === 'expired' ? [ended.expired] : [strong(actorName(verdict, who)), ` ${ended[how]}`];
  const what = touched ? ' was not put under another key: ' : ' was not changed: ';
  return {
    mark: '○',
    sentence: [
      strong(request.resourceName),
      what,
      strong(who(request.requester)),
      ' requested it, ',
      ...end,
      `, ${utcInWords(at)}.`,
    ],
  };
}

function failed(request: Request, verdict: Extract<Verdict, { is: 'failed' }>, who: Who): VerdictWords {
  const { step, done, at } = verdict;
  const where = step === null ? 'before a step' : `at “${stepTitles[step]}”`;
  const left = done.length === 0 ? 'nothing' : done.map((one) => `“${stepTitles[one]}”`).join(', ');
  return {
    mark: '✘',
    sentence: [
      strong(request.resourceName),
      ` was not put under the requested key: the run stopped ${where}, and `,
      strong(actorName(verdict, who)),
      ` ended the request, ${utcInWords(at)}. Done and not undone: ${left}.`,
    ],
  };
}

const waits: Readonly<Record<Extract<Verdict, { is: 'open' }>['state'], string>> = {
  'awaiting-approval': 'it’s waiting for approval',
  approved: 'it’s approved and hasn’t started',
  running: 'it’s running',
  'needs-attention': 'it needs attention',
};

function open(request: Request, { state, step, at }: Extract<Verdict, { is: 'open' }>, who: Who): VerdictWords {
  const where = step === null ? '' : ` at “${stepTitles[step]}”`;
  return {
    mark: '!',
    sentence: [
      strong(request.resourceName),
      ' is not yet under the key that ',
      strong(who(request.requester)),
      ` requested: ${waits[state]}${where}, since ${utcInWords(at)}.`,
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
