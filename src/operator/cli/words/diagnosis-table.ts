/** What the doctor found, in words. */

import { countOf } from '../../../text/count.ts';
import type { Diagnosis } from '../../rpc/diagnosis.ts';
import { indent, textTable, width } from './table.ts';

const labels: Readonly<Record<Diagnosis['outcome'], string>> = { ok: 'ok', warn: 'warn', fail: 'fail', unknown: '?' };

/** Failures first: warnings may go with them. */
const order: readonly Diagnosis['outcome'][] = ['fail', 'warn', 'unknown'];

const remedied = (found: readonly Diagnosis[]): readonly Diagnosis[] =>
  order.flatMap((outcome) => found.filter((one) => one.outcome === outcome && one.commands.length > 0));

/** Who and the commands, under the number that the finding's line carries. */
function remedyOf({ outcome, code, subject, who, commands }: Diagnosis, index: number): string {
  const lines = [...(who === '' ? [] : [`Who: ${who}`]), ...commands];
  return `[${index + 1}] ${labels[outcome].padEnd(4)}  ${code}  ${subject}\n${indent(lines.join('\n'), 4)}`;
}

function sumOf(found: readonly Diagnosis[]): string {
  const [fails = 0, warnings = 0, unseen = 0] = order.map(
    (one) => found.filter(({ outcome }) => outcome === one).length,
  );
  const rest = unseen === 0 ? '' : `, ${unseen} not looked at`;
  if (fails + warnings === 0) return unseen === 0 ? 'All is well.' : `What was looked at is well${rest}.`;
  return `${countOf(fails, 'failure', 'failures')}, ${countOf(warnings, 'warning', 'warnings')}${rest}.`;
}

/**
 * One line a subject, with what to do under those that are not well; then the sum; then the commands that mend it, whole, to
 * be copied.
 */
export function diagnosisTable(found: readonly Diagnosis[]): string {
  const remedies = remedied(found);
  const indented = ' '.repeat(8 + Math.max(0, ...found.map(({ subject }) => width(subject))));
  const lines = textTable(
    found.map(({ outcome, subject, found }) => [labels[outcome].padEnd(4), subject, found]),
  ).split('\n');
  const mends = found.map((one) => {
    const number = remedies.indexOf(one);
    const mend = [...(one.mend === '' ? [] : [one.mend]), ...(number === -1 ? [] : [`[${number + 1}]`])].join(' ');
    return mend === '' ? [] : [`${indented}→ ${mend}`];
  });
  const rows = lines.flatMap((line, row) => [line, ...(mends[row] ?? [])]);
  const what = remedies.length === 0 ? [] : ['', 'What to do, in this order. Commands are whole: copy them.'];
  return [...rows, sumOf(found), ...what, ...remedies.map((one, index) => `\n${remedyOf(one, index)}`)].join('\n');
}
