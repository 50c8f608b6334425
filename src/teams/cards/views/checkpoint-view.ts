/** The post in the audit channel that holds a whole checkpoint of the published log. */
import type { WitnessSummary } from '../../../domain/witnessing.ts';
import { countOf } from '../../../text/count.ts';
import { signersWords } from '../../../text/witnesses.ts';
import { label, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';

/** A name of 200 characters and a signature. */
const longestLine = 500;

const linesOf = (text: string): { text: ReturnType<typeof plain> }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ text: plain(line, longestLine) }));

const isWhole = ({ current, needed, vaultKey }: WitnessSummary): boolean =>
  current >= needed && vaultKey?.current !== false;

/** `note`: the whole signed note. `witnessing`: null without witnesses. */
export function auditCheckpointCard(
  { size, note }: { readonly size: number; readonly note: string },
  witnessing: WitnessSummary | null,
): AdaptiveCard {
  const [text = '', signatures = ''] = note.split('\n\n');
  const title = `Checkpoint of ${countOf(size, 'event', 'events')}`;
  const enough = witnessing === null || isWhole(witnessing);
  return renderCard('audit-checkpoint', {
    fallbackText: label(title),
    title: plain<string>(title),
    witnessed: witnessing === null ? nothing : plain<string>(signersWords(witnessing)),
    witnessedColor: enough ? 'Default' : 'Warning',
    lines: linesOf(text),
    signatures: linesOf(signatures),
  });
}
