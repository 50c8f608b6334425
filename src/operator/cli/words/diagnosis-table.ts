/** Findings of `doctor` as text. */

import { countOf } from '../../../text/words.ts';
import type { Diagnosis } from '../../rpc/diagnosis.ts';
import { indent, textTable, width } from './table.ts';

const labels: Readonly<Record<Diagnosis['outcome'], string>> = { ok: 'ok', warn: 'warn', fail: 'fail', unknown: '?' };

/** Failures first: fixing them can resolve warnings. */
const order: readonly Diagnosis['outcome'][] = ['fail', 'warn', 'unknown'];

const withRemedies = (found: readonly Diagnosis[]): readonly Diagnosis[] =>
  order.flatMap((outcome) => found.filter((one) => one.outcome === outcome && one.commands.length > 0));

/** Returns role and commands, under the finding's number. */
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

/** The rows about an agent are chosen with `--resource`. */
const codeWords = (code: Diagnosis['code']): string => (code === 'people/agent' ? '' : ` (${code})`);

/** Returns one line per subject, with its code and the fix below problems; then the totals; then the complete commands to copy. */
export function diagnosisTable(found: readonly Diagnosis[]): string {
  const remedies = withRemedies(found);
  const indented = ' '.repeat(8 + Math.max(0, ...found.map(({ subject }) => width(subject))));
  const lines = textTable(
    found.map(({ outcome, code, subject, found }) => [labels[outcome].padEnd(4), subject, found + codeWords(code)]),
  ).split('\n');
  const numbered = found.map((one) => {
    const number = remedies.indexOf(one);
    const mend = [...(one.mend === '' ? [] : [one.mend]), ...(number === -1 ? [] : [`[${number + 1}]`])].join(' ');
    return mend === '' ? [] : [`${indented}→ ${mend}`];
  });
  const rows = lines.flatMap((line, row) => [line, ...(numbered[row] ?? [])]);
  const what = remedies.length === 0 ? [] : ['', 'What to do, in this order. You can copy each command.'];
  return [...rows, sumOf(found), ...what, ...remedies.map((one, index) => `\n${remedyOf(one, index)}`)].join('\n');
}
