/** Verification result of a published log as text. */
import { countOf } from '../../../text/words.ts';
import { isWitnessed, type WitnessCheck } from '../verifier-keys.ts';
import type { PublishedReport } from '../verify-sources.ts';
import { findingsOf } from './report.ts';
import { indent } from './table.ts';

const keysMissingWords = (count: number): readonly string[] =>
  count === 0
    ? []
    : [
        `Not checked: ${countOf(count, 'older checkpoint', 'older checkpoints')}, signed with a key of the log that you didn’t give. Ask for all lines of keys.txt.`,
      ];

export function publishedWords(report: PublishedReport): string {
  const { origin, events, checkpoints, keysGiven, findings } = report;
  const what = `${countOf(events, 'event', 'events')} under ${countOf(checkpoints, 'checkpoint', 'checkpoints')} of ${origin}`;
  const state =
    findings.length === 0
      ? `Published log: ${what}, signed, and consistent.`
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
