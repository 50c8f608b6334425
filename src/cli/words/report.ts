/** What the verifier found, in words. */
import type { Finding } from '../../audit/verify.ts';
import type { RecordReport } from '../../audit/verify-record.ts';
import { countOf } from '../../words/count.ts';
import { faultWords } from '../../words/record.ts';
import { indent } from './table.ts';

const shown = 20;

const findingLine = ({ seq, kind, detail }: Finding): string =>
  `event ${seq}: ${faultWords[kind]} (${kind})\n  ${detail}`;

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
