/** Verification result of an evidence pack as text. The first words are the result. */

import { oldVerifier, packFile } from '../../../audit/pack/files.ts';
import type { LogComparison, PackReport } from '../../../audit/pack/pack-report.ts';
import type { Tree } from '../../../audit/tlog/merkle-tree.ts';
import { plainSentence, verdictWords } from '../../../text/evidence.ts';
import { countLines, statementSentences } from '../../../text/statement.ts';
import { countOf } from '../../../text/words.ts';
import { type VerificationExit, verificationResult } from '../subcommand.ts';
import { isWitnessed, type WitnessCheck } from '../verifier-keys.ts';
import type { PublishedReport } from '../verify-sources.ts';
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
    : 'NOT signed by the given key in the vault: the vault didn’t respond in time, or another key signed instead.';

const pageWords: Readonly<Record<Exclude<VerifiedPack['page'], 'differs'>, string>> = {
  same: 'report.html matches the events.',
  'of-another-version':
    'report.html is from another version of this program and wasn’t compared. Trust this output, not the report.',
};

const differsWords = (blamed: readonly string[]): string =>
  blamed.includes(packFile.report)
    ? 'report.html doesn’t match the events: it was changed.'
    : `${blamed.join(', ')}: changed since report.html was created from ${blamed.length === 1 ? 'it' : 'them'}.`;

const unprovedWords = (names: readonly string[]): string =>
  `Not proved, only checked for damage: ${names.join(', ')}.${names.includes(oldVerifier) ? ` Don’t run the ${oldVerifier} of a pack.` : ''}`;

/** Returns whether all comparisons prove a common history. */
const isCompared = ({ log }: VerifiedPack): boolean =>
  log === null || (['holds', 'older'].includes(log.relation) && log.keysMissing === 0);

/** Returns whether everything was checked. The report is judged separately. */
export const isProved = (verified: VerifiedPack): boolean =>
  isFullySigned(verified) && isCompared(verified) && verified.report.weak.length === 0;

const weakWords = (names: readonly string[]): string =>
  `NOT proved: ${names.join(', ')}. An older version wrote these events. They have only the first 8 digits of its SHA-256.`;

const keysMissingWords = (count: number): readonly string[] =>
  count === 0
    ? []
    : [
        `Not checked: ${countOf(count, 'older checkpoint', 'older checkpoints')}, signed with a key of the log that you didn’t give. Ask for all lines of keys.txt.`,
      ];

function logWords({ size, more, relation }: LogComparison, pack: number): string {
  const count = countOf(size, 'event', 'events');
  switch (relation) {
    case 'holds':
      return `The log of ${count} still holds them${more === 0 ? '' : `; ${countOf(more, 'event of the request was', 'events of the request were')} added later`}.`;
    case 'older':
      return `Your copy is older: it has ${count}, the pack’s log ${pack}. The pack proves that its log continues your copy.`;
    case 'older-unproved':
      return `Your copy is older: it has ${count}, the pack’s log ${pack}. The pack doesn’t prove that its log continues your copy: request a pack with --from-size ${size}.`;
    case 'newer-unproved':
      return `Your checkpoint is newer: it covers ${count}, the pack’s log has ${pack}. Compare with a copy of the log in place of the checkpoint.`;
  }
}

const olderWords = ({ size, root }: Tree): string =>
  `It proves that its log continues one of ${countOf(size, 'event', 'events')} with the root ${root.toString('base64')}.`;

/** What is in it, the first line without indentation. */
function contentWords({ request, verdict, events, statement, checkpoint }: PackReport): string {
  const [origin, size] = [checkpoint?.origin ?? '', checkpoint?.size ?? 0];
  if (statement !== null) {
    const { period, before } = statement;
    return [
      `statement of ${period.from} to ${period.to}, of all ${countOf(size, 'event', 'events')} of the log ${origin}`,
      ...[...statementSentences(statement), ...countLines(statement)].map((line) => `  ${line}`),
      `  Compared with ${before.from} to ${before.to}.`,
    ].join('\n');
  }
  return [
    `${countOf(events.length, 'event', 'events')} of ${request?.id ?? ''}, in the log ${origin} of ${size}`,
    `  ${request === null || verdict === null ? '' : plainSentence(verdictWords(request, verdict, (id) => id ?? 'an operator').sentence)}`,
    `  Plan ${request?.digest ?? ''}, ${request?.policy.rule ?? ''} of policy ${request?.policy.version ?? ''}.`,
  ].join('\n');
}

const unwitnessed = 'No witness with a given key signed it: the owner could have signed a different history.';

export function packWords(verified: VerifiedPack, outcome: VerificationExit): string {
  const { report, log, keysGiven, vaultSigned, witnesses, page } = verified;
  const result = verificationResult[outcome];
  const findings = [...report.findings, ...(log?.findings ?? [])];
  if (findings.length > 0)
    return `${result}: ${countOf(findings.length, 'finding', 'findings')}\n${indent(findingsOf(findings))}`;
  if (page === 'differs') return `${result}: ${differsWords(verified.blamed)}`;
  const { checkpoint, texts } = report;
  return [
    `${result}: ${contentWords(report)}`,
    ...witnessWords(witnesses, unwitnessed, 'Witnessed by').map((line) => `  ${line}`),
    ...(verified.strangers.length === 0
      ? []
      : [`  Also signed by ${verified.strangers.join(', ')}, whose keys weren’t given: not checked.`]),
    ...(vaultSigned === null ? [] : [`  ${vaultWords(vaultSigned)}`]),
    ...(report.older === null ? [] : [`  ${olderWords(report.older)}`]),
    ...(texts === 0
      ? []
      : [`  ${countOf(texts, 'text that people wrote matches', 'texts that people wrote match')} the audit log.`]),
    `  ${pageWords[page]}`,
    ...(report.weak.length === 0 ? [] : [`  ${weakWords(report.weak)}`]),
    ...(verified.unproved.length === 0 ? [] : [`  ${unprovedWords(verified.unproved)}`]),
    ...(verified.missing.length === 0 ? [] : [`  Not in the pack: ${verified.missing.join(', ')}.`]),
    ...(log === null
      ? [
          `  Not checked: what happened ${report.statement === null ? 'to the request ' : ''}later. Use --anchor FOLDER to compare with a copy of the published log.`,
        ]
      : [logWords(log, checkpoint?.size ?? 0), ...keysMissingWords(log.keysMissing)].map((line) => `  ${line}`)),
    ...(keysGiven
      ? []
      : [
          '  The keys are from the pack, so this shows only that the pack is consistent. Use --log-key with keys that you received separately.',
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
      ? `Published log: ${what}, signed${vaultSignatureWords(report)}, and consistent.`
      : `Published log, integrity errors: ${countOf(findings.length, 'finding', 'findings')} in ${what}\n${indent(findingsOf(findings))}`;
  const whole = [
    state,
    ...keysMissingWords(report.keysMissing),
    ...witnessWords(
      report.witnessCheck,
      'No witness with a given key signed the newest checkpoint.',
      'The newest checkpoint is witnessed by',
    ),
  ].join('\n');
  return keysGiven
    ? whole
    : `${whole}\nIts keys are from the same folder, so this shows only that the log is consistent. Use --log-key with keys that you received separately.`;
}

const withTimes = ({ signed }: WitnessCheck): string => signed.map(({ name, at }) => `${name} (${at})`).join(', ');

function missingWords(check: WitnessCheck): readonly string[] {
  const names = check.missing.join(', ');
  if (names === '') return [];
  if (isWitnessed(check)) return [`Not signed by ${names}.`];
  return [`NOT signed by ${names}, whose key was given: it didn’t respond in time, or signed a different history.`];
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

function witnessWords(check: WitnessCheck, none: string, signed: string): readonly string[] {
  const first = check.signed.length === 0 ? none : `${signed} ${withTimes(check)}.`;
  return [first, ...missingWords(check), ...quorumWords(check)];
}
