/** What the doctor found, in words. */
import type { Diagnosis } from '../../operator/rpc/calls.ts';
import { countOf } from '../../words/count.ts';
import { table, width } from './table.ts';

/** One line a subject, with what to do under those that are not well; then the sum. */
export function diagnosisTable(found: readonly Diagnosis[]): string {
  const indented = ' '.repeat(8 + Math.max(0, ...found.map(({ subject }) => width(subject))));
  const lines = table(found.map(({ outcome, subject, found }) => [outcome.padEnd(4), subject, found])).split('\n');
  const mends = found.map(({ mend }) => (mend === '' ? [] : [`${indented}→ ${mend}`]));
  const rows = lines.flatMap((line, row) => [line, ...(mends[row] ?? [])]);
  const fails = found.filter(({ outcome }) => outcome === 'fail').length;
  const warnings = found.filter(({ outcome }) => outcome === 'warn').length;
  const sum =
    fails + warnings === 0
      ? 'All is well.'
      : `${countOf(fails, 'failure', 'failures')}, ${countOf(warnings, 'warning', 'warnings')}.`;
  return [...rows, sum].join('\n');
}
