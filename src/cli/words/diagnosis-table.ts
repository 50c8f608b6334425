/** What the doctor found, in words. */
import type { Diagnosis } from '../../operator/rpc/calls.ts';
import { countOf } from '../../words/count.ts';
import { table } from './table.ts';

/** One line a subject, with what to do under those that are not well; then the sum. */
export function diagnosisTable(found: readonly Diagnosis[]): string {
  const width = Math.max(...found.map(({ subject }) => subject.length));
  const rows = found.map(({ outcome, subject, found, mend }) => {
    const line = table([[outcome.padEnd(4), subject.padEnd(width), found.replaceAll('\n', ' ')]]);
    return mend === '' ? line : `${line}\n      ${' '.repeat(width)}  → ${mend}`;
  });
  const fails = found.filter(({ outcome }) => outcome === 'fail').length;
  const warnings = found.filter(({ outcome }) => outcome === 'warn').length;
  const sum =
    fails + warnings === 0
      ? 'All is well.'
      : `${countOf(fails, 'failure', 'failures')}, ${countOf(warnings, 'warning', 'warnings')}.`;
  return [...rows, sum].join('\n');
}
