/** Verification results as text. The first words are the result. */
import type { ExportPart } from '../../../audit/export-jsonl.ts';
import type { Finding } from '../../../audit/verify.ts';
import type { AuditLogReport } from '../../../audit/verify-audit-log.ts';
import { faultWords } from '../../../text/record.ts';
import { countOf } from '../../../text/words.ts';
import type { Diagnosis } from '../../doctor/diagnosis.ts';
import { type VerificationExit, verificationResult } from '../subcommand.ts';
import { indent, textTable, width } from './table.ts';

/** Returns the part in words: `requests for triage-agent-prod, from 2026-08-01T00:00:00.000Z on`; empty: everything. */
export function partWords(
  part: ExportPart | null,
  { since, until }: { readonly since?: string | undefined; readonly until?: string | undefined } = {},
): string {
  const chosen = [
    ...(part?.request == null ? [] : [`request ${part.request}`]),
    ...(part?.resource == null ? [] : [`requests for ${part.resource}`]),
    ...(since === undefined ? [] : [`from ${since} on`]),
    ...(until === undefined ? [] : [`before ${until}`]),
  ];
  return chosen.join(', ');
}

/** What can be verified of a part, by format. */
export const verifiableWords = {
  jsonl: (part: ExportPart | null): string =>
    part === null
      ? 'cmk-bot audit verify checks all of it. Only a complete export shows earlier events.'
      : 'cmk-bot audit verify checks each event, its texts and its seal. Only a complete export or the published log shows that no later event is missing.',
  csv: () => 'A CSV file can’t be verified.',
} as const;

const maxShown = 20;

/** A broken link doesn't say which of its two events was changed. */
const findingLine = ({ seq, kind, detail }: Finding): string =>
  `event ${kind === 'prev-differs' && seq > 1 ? `${seq - 1} or ${seq}` : seq}: ${faultWords[kind]} (${kind})\n  ${detail}`;

export function findingsOf(findings: readonly Finding[]): string {
  const more = findings.length - maxShown;
  const lines = findings.slice(0, maxShown).map(findingLine);
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function sealWords({ seals, bodiesOnly }: AuditLogReport): string {
  if (bodiesOnly) return 'A published log has no texts or seals, so they weren’t checked.';
  const { sealed, keys, checked } = seals;
  const counts = [
    `${countOf(sealed, 'event', 'events')} sealed`,
    ...(keys.length < 2 ? [] : [`${keys.length} seal keys`]),
  ].join(', ');
  return checked ? `Seals: ${counts}, checked.` : `Seals not checked, because the seal key is missing: ${counts}.`;
}

export function reportWords(report: AuditLogReport, outcome: VerificationExit, baseline = ''): string {
  const { findings, events, texts, erased, after, last, part } = report;
  const counts = [
    countOf(events, 'event', 'events'),
    countOf(texts, 'text', 'texts'),
    ...(erased === 0 ? [] : [`${countOf(erased, 'text', 'texts')} erased`]),
  ].join(', ');
  const how = [sealWords(report)];
  if (findings.length > 0) {
    return [
      `${verificationResult[outcome]}: ${countOf(findings.length, 'finding', 'findings')} in ${counts}\n${indent(findingsOf(findings))}`,
      ...how,
    ].join('\n');
  }
  const notLookedAt =
    after.seq === 0 ? '' : `\nEvents 1 to ${after.seq} aren’t in the file. The file continues from ${after.hash}.`;
  return [
    `${verificationResult[outcome]}: ${counts}`,
    part === null
      ? `The log ends at event ${last.seq}, ${last.hash}.${notLookedAt}`
      : `This is part of a log: ${partWords(part)}. Its last event is ${last.seq}.${notLookedAt}`,
    ...how,
    comparedWords(report, baseline),
  ].join('\n');
}

function comparedWords({ compared, part, events }: AuditLogReport, baseline: string): string {
  if (part !== null) {
    return compared === null
      ? 'A part doesn’t show that no later event is missing. Compare it with a complete export or the published log: --against or --anchor.'
      : `Of its ${countOf(events, 'event', 'events')}, ${countOf(compared, 'was', 'were')} compared with the ${baseline}, and ${compared === 1 ? 'is' : 'are'} unchanged.`;
  }
  return compared === null
    ? 'Compare the end with an earlier export or checkpoint. Only that shows whether events were cut off or the whole log was replaced.'
    : `Compared with the ${baseline}: ${countOf(compared, 'event is', 'events are')} unchanged.`;
}

const labels: Readonly<Record<Diagnosis['outcome'], string>> = { ok: 'ok', warn: 'warn', fail: 'fail', unknown: '?' };

/** Failures first: fixing them can resolve warnings. */
const order: readonly Diagnosis['outcome'][] = ['fail', 'warn', 'unknown'];

const withRemedies = (found: readonly Diagnosis[]): readonly Diagnosis[] =>
  order.flatMap((outcome) => found.filter((one) => one.outcome === outcome && one.commands.length > 0));

function remedyOf({ outcome, code, subject, who, commands }: Diagnosis, index: number): string {
  const lines = [...(who === '' ? [] : [`Who: ${who}`]), ...commands];
  return `[${index + 1}] ${labels[outcome].padEnd(4)}  ${code}  ${subject}\n${indent(lines.join('\n'), 4)}`;
}

function sumOf(found: readonly Diagnosis[]): string {
  const [fails = 0, warnings = 0, unseen = 0] = order.map(
    (one) => found.filter(({ outcome }) => outcome === one).length,
  );
  const rest = unseen === 0 ? '' : `, ${unseen} not checked`;
  if (fails + warnings === 0) return unseen === 0 ? 'No problems found.' : `No problems in what was checked${rest}.`;
  return `${countOf(fails, 'failure', 'failures')}, ${countOf(warnings, 'warning', 'warnings')}${rest}.`;
}

/** Returns one line per subject, with its code and the fix below problems; then the totals; then the complete commands to copy. */
export function diagnosisTable(found: readonly Diagnosis[]): string {
  const remedies = withRemedies(found);
  const indented = ' '.repeat(8 + Math.max(0, ...found.map(({ subject }) => width(subject))));
  const lines = textTable(
    found.map(({ outcome, code, subject, found }) => [labels[outcome].padEnd(4), subject, `${found} (${code})`]),
  ).split('\n');
  const numbered = found.map((one) => {
    const number = remedies.indexOf(one);
    const fix = [...(one.mend === '' ? [] : [one.mend]), ...(number === -1 ? [] : [`[${number + 1}]`])].join(' ');
    return fix === '' ? [] : [`${indented}→ ${fix}`];
  });
  const rows = lines.flatMap((line, row) => [line, ...(numbered[row] ?? [])]);
  const what = remedies.length === 0 ? [] : ['', 'What to do, in this order. You can copy each command.'];
  return [...rows, sumOf(found), ...what, ...remedies.map((one, index) => `\n${remedyOf(one, index)}`)].join('\n');
}
