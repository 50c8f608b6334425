/** Verification results as text. */
import type { ExportPart } from '../../../audit/export-jsonl.ts';
import type { Finding } from '../../../audit/verify.ts';
import type { AuditLogReport } from '../../../audit/verify-audit-log.ts';
import { countOf } from '../../../text/count.ts';
import { faultWords } from '../../../text/record.ts';
import { indent } from './table.ts';

/** Returns the part in words: `requests for triage-agent-prod, from 2026-08-01T00:00:00.000Z on`; empty: everything. */
export function partWords(part: ExportPart | null, since: string | undefined): string {
  const chosen = [
    ...(part?.request == null ? [] : [`request ${part.request}`]),
    ...(part?.resource == null ? [] : [`requests for ${part.resource}`]),
    ...(since === undefined ? [] : [`from ${since} on`]),
  ];
  return chosen.join(', ');
}

/** What can be verified of a part, by format. */
export const verifiableWords = {
  jsonl: (part: ExportPart | null): string =>
    part === null
      ? 'cmk-bot audit verify checks all of it; what was before shows in the whole trail alone.'
      : 'cmk-bot audit verify checks each event, its texts and its seal, and replays the requests. That nothing was left out behind their last events, and that they stand in the record, shows in the whole trail or in the published log.',
  csv: () => 'A table cannot be verified.',
  cloudevents: () =>
    'Of each event the SHA-256 of data.raw_data is its id. That none was left out shows in the whole trail alone.',
} as const;

const maxShown = 20;

const findingLine = ({ seq, kind, detail }: Finding): string =>
  `event ${seq}: ${faultWords[kind]} (${kind})\n  ${detail}`;

export function findingsOf(findings: readonly Finding[]): string {
  const more = findings.length - maxShown;
  const lines = findings.slice(0, maxShown).map(findingLine);
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function sealWords({ seals, bodiesOnly }: AuditLogReport): string {
  if (bodiesOnly) return 'Texts and seals are not part of a published log: they were not looked at.';
  const { sealed, afterwards, unsealed, keys, checked } = seals;
  const counts = [
    `${countOf(sealed, 'event', 'events')} sealed`,
    ...(afterwards === 0 ? [] : [`${afterwards} from before there were seals sealed afterwards`]),
    ...(unsealed === 0 ? [] : [`${unsealed} from before there were seals without one`]),
    ...(keys.length < 2 ? [] : [`${keys.length} keys one after the other`]),
  ].join(', ');
  return checked ? `Seals: ${counts}, checked.` : `Seals not checked, for want of the key: ${counts}.`;
}

const replayWords = ({ requests, replayed }: AuditLogReport): string =>
  `Requests: ${requests}, ${replayed === requests ? 'all' : `${replayed} of them`} replayed by their rules.`;

/** Returns the report in words. */
export function reportWords(report: AuditLogReport): string {
  const { findings, events, texts, erased, after, last, part } = report;
  const counts = [
    countOf(events, 'event', 'events'),
    countOf(texts, 'text', 'texts'),
    ...(erased === 0 ? [] : [`${countOf(erased, 'text', 'texts')} erased`]),
  ].join(', ');
  const how = [sealWords(report), replayWords(report)];
  if (findings.length > 0) {
    return [
      `tampered: ${countOf(findings.length, 'finding', 'findings')} in ${counts}\n${indent(findingsOf(findings))}`,
      ...how,
    ].join('\n');
  }
  const notLookedAt =
    after.seq === 0 ? '' : `\nEvents 1 to ${after.seq} are not in the file. It follows on ${after.hash}.`;
  return [
    `verified: ${counts}`,
    part === null
      ? `The trail ends at event ${last.seq}, ${last.hash}.${notLookedAt}`
      : `This is a part of a trail: ${partWords(part, undefined)}. Its last event is ${last.seq}.${notLookedAt}`,
    ...how,
    comparedWords(report),
  ].join('\n');
}

/** Returns what the log alone can't show. */
function comparedWords({ compared, part, events }: AuditLogReport): string {
  if (part !== null) {
    return compared === null
      ? 'That nothing was left out behind the last event of a request, and that these events stand in the record, shows in the whole trail or in the published log: compare with --against or --anchor.'
      : `Of its ${countOf(events, 'event', 'events')}, ${compared} were compared with what was kept, and are there unchanged.`;
  }
  return compared === null
    ? 'Compare the end with what was exported or shown before: what was cut off, or replaced as a whole, shows in nothing else.'
    : `What was kept of before, ${countOf(compared, 'event', 'events')}, is there unchanged.`;
}
