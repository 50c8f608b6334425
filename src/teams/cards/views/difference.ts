/** What the plan as it now is does that the approved one did not. */
import { notCovered } from '../../../domain/plan.ts';
import type { Request } from '../../../domain/request/request.ts';
import { controlChangeWords } from '../../../words/control.ts';
import { effectWords } from '../../../words/steps.ts';
import { grey, marks, type Row, row } from '../data/row.ts';
import { plain } from '../plain-text.ts';
import { checkRow } from './parts.ts';

/** Empty when the plan was not replaced, or only its approvers changed. */
export function differenceRows(request: Request): Row[] {
  if (request.replaced === null) return [];
  const difference = notCovered(request.replaced.plan, request.plan);
  return [
    ...difference.blocks.map((check) => checkRow(marks.bad, check)),
    ...difference.effects.map((effect) =>
      row(marks.warn, plain(effectWords(effect)), [grey(plain('Not part of what was approved'))]),
    ),
    ...difference.control.map((change) => {
      const { title, text } = controlChangeWords(change);
      return row(marks.warn, plain(title), [grey(plain(text))]);
    }),
    ...difference.warnings.map((check) => checkRow(marks.warn, check)),
  ].slice(0, 12);
}
