/** What the verifier found, in words. */
import type { Break, Finding } from '../../audit/verify.ts';
import type { RecordReport } from '../../audit/verify-record.ts';
import { countOf } from '../../words/count.ts';
import { indent } from './table.ts';

const words: Record<Break, string> = {
  'hash-differs': 'its body or its hash was changed',
  'prev-differs': 'it does not follow on the event before: one was changed, replaced or taken out',
  'not-contiguous': 'an event before it is missing, doubled or moved',
  'not-canonical': 'its body is not in the form that is hashed',
  'column-differs': 'what stands beside its body is not what the body says',
  'head-differs': 'the trail does not end where it should: events were cut off, or added behind its head',
  'text-differs': 'a text is not the one that was written',
  'text-unknown': 'a text was put in that the record knows nothing of',
  'text-missing': 'a text is gone, and no event says that it was erased',
  'line-unreadable': 'something is there that is neither an event nor a text',
};

const shown = 20;

const findingLine = ({ seq, kind, detail }: Finding): string => `event ${seq}: ${words[kind]} (${kind})\n  ${detail}`;

function findingsOf({ findings }: RecordReport): string {
  const more = findings.length - shown;
  const lines = findings.slice(0, shown).map(findingLine);
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** What was looked at, and how it stands. */
export function reportWords(report: RecordReport): string {
  const { findings, events, texts, erased, after, last } = report;
  const counts = [
    countOf(events, 'event', 'events'),
    countOf(texts, 'text', 'texts'),
    ...(erased === 0 ? [] : [`${countOf(erased, 'text', 'texts')} erased`]),
  ].join(', ');
  if (findings.length > 0) {
    return `tampered: ${countOf(findings.length, 'finding', 'findings')} in ${counts}\n${indent(findingsOf(report))}`;
  }
  const notLookedAt =
    after.seq === 0 ? '' : `\nEvents 1 to ${after.seq} are not in the file. It follows on ${after.hash}.`;
  return [
    `verified: ${counts}`,
    `The trail ends at event ${last.seq}, ${last.hash}.${notLookedAt}`,
    'Compare that with what was noted or shown before: a trail made anew as a whole verifies too.',
  ].join('\n');
}
