/** Verification result of an evidence pack as text. The first words are the result. */

import type { LogComparison } from '../../../audit/pack/compare-with-log.ts';
import { oldVerifier, packFile } from '../../../audit/pack/files.ts';
import type { PackReport } from '../../../audit/pack/verify-pack.ts';
import { countOf } from '../../../text/count.ts';
import { plainSentence, verdictWords } from '../../../text/evidence.ts';
import type { PublishedReport } from '../published.ts';
import { isWitnessed, type WitnessCheck } from '../verifier-keys.ts';
import { findingsOf } from './report.ts';
import { indent } from './table.ts';

export interface VerifiedPack {
  readonly report: PackReport;
  /** Null: not compared with a log. */
  readonly log: LogComparison | null;
  /** The keys were given, not read from the pack. */
  readonly keysGiven: boolean;
  /** Whether the given vault key signed it; null: none given. */
  readonly vaultSigned: boolean | null;
  readonly witnesses: WitnessCheck;
  /** Whether the report matches the events, or is of another version. */
  readonly page: 'same' | 'of-another-version' | 'differs';
  /** Files that cause the difference. */
  readonly blamed: readonly string[];
  /** Files of the pack that prove nothing. */
  readonly unproved: readonly string[];
  /** Optional files that this pack doesn't have. */
  readonly missing: readonly string[];
  /** Further signers whose keys weren't given. */
  readonly strangers: readonly string[];
}

/** Returns whether all required given keys signed. */
const isFullySigned = ({ keysGiven, vaultSigned, witnesses }: VerifiedPack): boolean =>
  keysGiven && vaultSigned !== false && isWitnessed(witnesses);

const vaultWords = (signed: boolean): string =>
  signed
    ? 'Signed by the key in the vault, too.'
    : 'NOT signed by the key in the vault, which was given: either it did not answer then, or another signed in its place.';

const verdictOf = ({ request, verdict }: PackReport): string =>
  request === null || verdict === null
    ? ''
    : plainSentence(verdictWords(request, verdict, (id) => id ?? 'an operator').sentence);

const pageWords: Readonly<Record<Exclude<VerifiedPack['page'], 'differs'>, string>> = {
  same: 'report.html is what these events make.',
  'of-another-version':
    'report.html is of another version of this program and was not compared: believe this answer, not the report.',
};

const differsWords = (blamed: readonly string[]): string =>
  blamed.includes(packFile.report)
    ? 'report.html is not what these events make: somebody changed it.'
    : `${blamed.join(', ')}: changed since report.html was made of ${blamed.length === 1 ? 'it' : 'them'}.`;

const unprovedWords = (names: readonly string[]): string =>
  `Not proved, only checked for damage: ${names.join(', ')}.${names.includes(oldVerifier) ? ` Don’t run the ${oldVerifier} of a pack.` : ''}`;

/** Returns whether all comparisons prove a common history. */
const isCompared = ({ log }: VerifiedPack): boolean => log === null || ['holds', 'older'].includes(log.relation);

/** Returns whether everything was checked. The report is judged separately. */
export const isProved = (verified: VerifiedPack): boolean =>
  isFullySigned(verified) && isCompared(verified) && verified.report.weak.length === 0;

const weakWords = (names: readonly string[]): string =>
  `NOT proved: ${names.join(', ')}. These events were written by an older version and hold only the first 8 digits of its SHA-256.`;

function logWords({ size, more, relation }: LogComparison, pack: number): string {
  const count = countOf(size, 'event', 'events');
  switch (relation) {
    case 'holds':
      return `The log of ${count} still holds them${more === 0 ? '' : `; ${countOf(more, 'event', 'events')} of the request came later`}.`;
    case 'older':
      return `Your copy is older: it has ${count}, the pack’s log ${pack}. The pack proves that its log goes on from your copy.`;
    case 'older-unproved':
      return `Your copy is older: it has ${count}, the pack’s log ${pack}. Whether the pack’s log goes on from it is not proved: ask for a pack made with --from-size ${size}.`;
    case 'newer-unproved':
      return `Your checkpoint is newer: it covers ${count}, the pack’s log has ${pack}. Compare with a copy of the log in place of the checkpoint.`;
  }
}

const olderWords = ({ older }: PackReport): string =>
  older === null
    ? ''
    : `It proves that its log goes on from one of ${older.size} events with the root ${older.root.toString('base64')}.`;

export function packWords(verified: VerifiedPack): string {
  const { report, log, keysGiven, vaultSigned, witnesses, page } = verified;
  const findings = [...report.findings, ...(log?.findings ?? [])];
  if (findings.length > 0)
    return `NOT proved: ${countOf(findings.length, 'finding', 'findings')}\n${indent(findingsOf(findings))}`;
  if (page === 'differs') return `NOT proved: ${differsWords(verified.blamed)}`;
  const { request, checkpoint, events, texts } = report;
  const what = `${countOf(events.length, 'event', 'events')} of ${request?.id ?? ''}, in the log ${checkpoint?.origin ?? ''} of ${checkpoint?.size ?? 0}`;
  return [
    `${isProved(verified) ? 'proved' : 'unknown'}: ${what}`,
    `  ${verdictOf(report)}`,
    `  Plan ${request?.digest ?? ''}, ${request?.policy.rule ?? ''} of policy ${request?.policy.version ?? ''}.`,
    ...packWitnessWords(witnesses).map((line) => `  ${line}`),
    ...(verified.strangers.length === 0
      ? []
      : [`  Also signed by ${verified.strangers.join(', ')}, whose key was not given: not checked.`]),
    ...(vaultSigned === null ? [] : [`  ${vaultWords(vaultSigned)}`]),
    ...(report.older === null ? [] : [`  ${olderWords(report)}`]),
    ...(texts === 0 ? [] : [`  ${countOf(texts, 'text', 'texts')} that people wrote, as the record commits to.`]),
    `  ${pageWords[page]}`,
    ...(report.weak.length === 0 ? [] : [`  ${weakWords(report.weak)}`]),
    ...(verified.unproved.length === 0 ? [] : [`  ${unprovedWords(verified.unproved)}`]),
    ...(verified.missing.length === 0 ? [] : [`  Not in the pack: ${verified.missing.join(', ')}.`]),
    ...(log === null
      ? [
          '  Would not be noticed: what happened to the request later. --anchor FOLDER compares with a copy of the published log.',
        ]
      : [`  ${logWords(log, checkpoint?.size ?? 0)}`]),
    ...(keysGiven
      ? []
      : [
          '  The keys were taken from the pack, which shows only that it fits itself. Name those you have from elsewhere with --log-key.',
        ]),
  ].join('\n');
}

/** Continues the sentence after `signed`. */
function vaultSignatureWords({ vaultKey, checkpoints }: PublishedReport): string {
  if (vaultKey === null) return '';
  const { newest, checkpoints: signed } = vaultKey;
  const which = signed === checkpoints ? 'each' : `${signed} of ${checkpoints}`;
  return newest ? ` (${which} by the key in the vault, too)` : ' (the last one NOT by the key in the vault)';
}

export function publishedWords(report: PublishedReport): string {
  const { origin, events, checkpoints, keysGiven, findings } = report;
  const what = `${countOf(events, 'event', 'events')} under ${countOf(checkpoints, 'checkpoint', 'checkpoints')} of ${origin}`;
  const state =
    findings.length === 0
      ? `Published log: ${what}, signed${vaultSignatureWords(report)}, and all of one piece.`
      : `Published log, tampered: ${countOf(findings.length, 'finding', 'findings')} in ${what}\n${indent(findingsOf(findings))}`;
  const whole = [state, ...newestWitnessWords(report.witnessCheck)].join('\n');
  return keysGiven
    ? whole
    : `${whole}\nIts keys were taken from beside it, which shows only that it fits itself. Name those you have from elsewhere with --log-key.`;
}

const withTimes = ({ signed }: WitnessCheck): string => signed.map(({ name, at }) => `${name} (${at})`).join(', ');

function missingWords(check: WitnessCheck): readonly string[] {
  const names = check.missing.join(', ');
  if (names === '') return [];
  if (isWitnessed(check)) return [`Not signed by ${names}.`];
  return [
    `NOT signed by ${names}, whose key was given: no answer came in time, or another history was signed in its place.`,
  ];
}

function quorumWords(check: WitnessCheck): readonly string[] {
  const { needed, isDefault } = check;
  if (isDefault && check.missing.length === 0) return [];
  const few = isDefault ? `${needed}; write “quorum N” into the keys if fewer are enough` : needed;
  const isAre = needed === 1 ? 'is' : 'are';
  return isWitnessed(check)
    ? [`Enough witnesses signed it: ${needed} ${isAre} needed.`]
    : [`Too few witnesses signed it: ${isDefault ? `the keys name ${few}` : `${few} ${isAre} needed`}.`];
}

/** Returns the text about witnesses of a pack's checkpoint. */
const packWitnessWords = (check: WitnessCheck): readonly string[] => [
  check.signed.length === 0
    ? 'No witness signed it, by the keys that were given: its owner could have signed another history.'
    : `Witnessed by ${withTimes(check)}.`,
  ...missingWords(check),
  ...quorumWords(check),
];

/** Returns the text about witnesses of a published log's newest checkpoint. */
const newestWitnessWords = (check: WitnessCheck): readonly string[] => [
  check.signed.length === 0
    ? 'No witness signed the last one, by the keys that were given.'
    : `The last one is witnessed by ${withTimes(check)}.`,
  ...missingWords(check),
  ...quorumWords(check),
];
