/** What the verifier says about the witnesses of a checkpoint. */
import { isWitnessed, type WitnessCheck } from '../given-keys.ts';

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
export const newestWitnessWords = (check: WitnessCheck): readonly string[] => [
  check.signed.length === 0
    ? 'No witness signed the last one, by the keys that were given.'
    : `The last one is witnessed by ${withTimes(check)}.`,
  ...missingWords(check),
  ...quorumWords(check),
];
