/** What was found of a published log, in words. */
import { countOf } from '../../../text/count.ts';
import { isWitnessed, type WitnessCheck } from '../given-keys.ts';
import type { PublishedReport } from '../published.ts';
import { findingsOf } from './report.ts';
import { indent } from './table.ts';

/** Follows on `signed`. */
function vaultWords({ vaultKey, checkpoints }: PublishedReport): string {
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
      ? `Published log: ${what}, signed${vaultWords(report)}, and all of one piece.`
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

/** Of an evidence pack's checkpoint. */
export const packWitnessWords = (check: WitnessCheck): readonly string[] => [
  check.signed.length === 0
    ? 'No witness signed it, by the keys that were given: its owner could have signed another history.'
    : `Witnessed by ${withTimes(check)}.`,
  ...missingWords(check),
  ...quorumWords(check),
];

/** Of the newest checkpoint of a published log. */
const newestWitnessWords = (check: WitnessCheck): readonly string[] => [
  check.signed.length === 0
    ? 'No witness signed the last one, by the keys that were given.'
    : `The last one is witnessed by ${withTimes(check)}.`,
  ...missingWords(check),
  ...quorumWords(check),
];
