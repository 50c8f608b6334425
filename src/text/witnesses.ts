/** Texts for the witnesses of the published log. */
import type { WitnessSummary, WitnessView } from '../domain/witnessing.ts';
import { fromNow } from './instants.ts';
import { countOf } from './words.ts';

const askedWords = {
  signed: '',
  'no-answer': 'it didn’t answer',
  refused: 'it refused to sign',
  'another-history': 'it signed a different version',
} as const;

/** `witnessed up to 121, 3 minutes ago` */
export function witnessWords({ report, current }: WitnessView, now: Date): string {
  if (report === null) return 'not asked yet';
  const { signed, asked } = report;
  const upTo =
    signed === null ? 'signed nothing yet' : `witnessed up to ${signed.size}, ${fromNow(signed.at.toISOString(), now)}`;
  if (current || asked.outcome === 'signed') return upTo;
  const detail = asked.detail === '' ? '' : ` (${asked.detail})`;
  return `${upTo}; asked about ${asked.size} ${fromNow(asked.at.toISOString(), now)}, ${askedWords[asked.outcome]}${detail}`;
}

/** `2 of 3 witnesses have signed the newest checkpoint, 2 are needed` */
export function enoughWords({ witnesses, current, needed }: WitnessSummary): string {
  const have = `${current} of ${countOf(witnesses.length, 'witness', 'witnesses')} signed the newest checkpoint`;
  return `${have}; ${needed} ${needed === 1 ? 'is' : 'are'} needed${current < needed ? ': too few' : ''}`;
}
