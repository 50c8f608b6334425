/** Differences between the current plan and the approved one, or the one before the requester edited it. */
import { canonicalJson } from '../../../domain/canonical-json.ts';
import type { ControlChange } from '../../../domain/control-change.ts';
import type { RecreatedObject } from '../../../domain/observed.ts';
import { effectsOf, notCovered, type Plan } from '../../../domain/plan.ts';
import type { ChangedFrom, Request } from '../../../domain/request/request.ts';
import { workOf } from '../../../operations/registry.ts';
import { controlChangeWords } from '../../../text/control.ts';
import { replacedTitles, replacedWords } from '../../../text/failures.ts';
import { kindWords, plannedVersionWords } from '../../../text/keys.ts';
import { effectWords } from '../../../text/steps.ts';
import { type CardText, dateAndTime, md, plain, quoted } from '../plain-text.ts';
import { grey, marks, type Row, row } from '../row.ts';
import { checkRow } from './parts.ts';

/** Returns the differences. Empty if the plan wasn't replaced, or only its approvers changed. */
export function differenceRows(request: Request): Row[] {
  if (request.changedFrom !== null) return changedRows(request.changedFrom, request);
  if (request.replaced === null) return [];
  const difference = notCovered(request.replaced.plan, request.plan);
  return [
    ...difference.blocks.map((check) => checkRow(marks.bad, check)),
    ...difference.replaced.map(replacedRow),
    ...difference.effects.map((effect) =>
      row(marks.warn, plain(effectWords(effect)), [grey(plain('Not part of what was approved'))]),
    ),
    ...difference.control.map(controlRow),
    ...difference.warnings.map((check) => checkRow(marks.warn, check)),
  ];
}

function controlRow(change: ControlChange): Row {
  const { title, text } = controlChangeWords(change);
  return row(marks.warn, plain(title), [grey(plain(text))]);
}

const replacedRow = (replaced: RecreatedObject): Row =>
  row(marks.bad, plain(replacedTitles[replaced.what]), [grey(plain(replacedWords(replaced)))]);

const beforeAndNow = (name: string, before: CardText, now: CardText): Row =>
  row(marks.warn, plain(name), [grey(md`Before: ${before}`), grey(md`Now: ${now}`)]);

function requestedKey(plan: Plan): CardText {
  const { to, make, observed } = workOf(plan);
  const made = make === null ? '' : `, ${kindWords(make.kind)}`;
  return md`${plain(to.keyName)} in ${plain(observed.vault.name)}, ${plain(`${plannedVersionWords({ to, make })}${made}`)}`;
}

const isSameWish = (one: Plan, other: Plan): boolean => canonicalJson(one.spec) === canonicalJson(other.spec);

/** The key has its own row. */
const effectsIn = (plan: Plan): readonly string[] =>
  effectsOf(plan)
    .filter(({ change }) => change !== 'customer-key')
    .map(effectWords);

/** Returns effects of one plan that the other doesn't have. The same effect on another vault or key isn't listed. */
const only = (one: Plan, other: Plan, note: string): Row[] =>
  effectsIn(one)
    .filter((words) => !effectsIn(other).includes(words))
    .map((words) => row(marks.warn, plain(words), [grey(plain(note))]));

export function planChangeRows(before: Plan, now: Plan): Row[] {
  if (isSameWish(before, now)) return [];
  const { control, replaced, warnings } = notCovered(before, now);
  return [
    ...replaced.map(replacedRow),
    beforeAndNow('Key', requestedKey(before), requestedKey(now)),
    // Another vault has another address, so that isn't listed.
    ...control.filter(({ change }) => change !== 'vault-address').map(controlRow),
    ...warnings.map((check) => checkRow(marks.warn, check)),
    ...only(now, before, 'Not part of it before'),
    ...only(before, now, 'No longer part of it'),
  ];
}

const startText = (notBefore: string | null): CardText =>
  notBefore === null ? plain('once approved') : md`not before ${dateAndTime(new Date(notBefore))}`;

function changedRows(before: ChangedFrom, now: Request): Row[] {
  const start =
    before.notBefore === now.notBefore
      ? []
      : [beforeAndNow('Start', startText(before.notBefore), startText(now.notBefore))];
  const reason =
    before.justification === now.justification
      ? []
      : [
          row(marks.warn, plain('Another reason'), [
            grey(
              before.justification === null
                ? plain('What it was before was erased')
                : md`Before: ${quoted(before.justification)}`,
            ),
          ]),
        ];
  return [...planChangeRows(before.plan, now.plan), ...start, ...reason];
}
