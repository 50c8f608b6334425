/** Pieces that several cards show: what changes, steps, checks. */
import type { Check } from '../../../domain/checks.ts';
import type { CustomerKey } from '../../../domain/observed.ts';
import { type Plan, type PlannedStep, stepsOf, warningsOf } from '../../../domain/plan.ts';
import { checkWords } from '../../../words/checks.ts';
import { effectWords, stepTitles } from '../../../words/steps.ts';
import { coloured, grey, type Line, marks, numberedRow, type Row, row } from '../data/row.ts';
import { bold, type CardText, md, nothing, plain } from '../plain-text.ts';

export const keyNow = (key: CustomerKey | null): CardText =>
  key === null ? plain('Microsoft-managed key') : plain(key.keyName);

/** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod` */
export const changeLine = (plan: Plan): CardText =>
  md`${keyNow(plan.observation.resource.customerKey)} → ${bold(plan.wish.keyName)} in ${plain(plan.observation.vault.name)}`;

/** The mark of a step that is not reversible; none for one that is. */
export function reversibilityLines(step: PlannedStep): readonly Line[] {
  switch (step.reversibility) {
    case 'reversible':
      return [];
    case 'irreversible':
      return [coloured(plain('▲ Irreversible'), 'Attention')];
    case 'unknown':
      return [coloured(plain('△ Reversibility unknown'), 'Warning')];
  }
}

/** The steps of a plan, numbered, each with what it changes. */
export const planRows = (plan: Plan): Row[] =>
  plan.steps.map((step, index) =>
    numberedRow(index + 1, plain(stepTitles[step.name]), [
      ...(step.name === 'verify' ? [grey(plain('Read back, check the permission, try the key'))] : []),
      ...step.effects.map((effect) => grey(plain(effectWords(effect)))),
      ...reversibilityLines(step),
    ]),
  );

export const stepsTitle = (plan: Plan): CardText =>
  plan.steps.length === 1 ? plain('1 step') : md`${plan.steps.length} steps, in this order`;

/** A judgement under its mark, with why it matters. */
export const checkRow = (mark: (typeof marks)[keyof typeof marks], check: Check): Row => {
  const words = checkWords(check);
  return row(mark, plain(words.title), words.text === '' ? [] : [grey(plain(words.text))]);
};

export const warningRows = (plan: Plan): Row[] => warningsOf(plan).map((check) => checkRow(marks.warn, check));
export const passRows = (plan: Plan): Row[] =>
  plan.checks.filter((check) => check.outcome === 'pass').map((check) => checkRow(marks.done, check));

/** `7 checks pass`, or `7 more checks pass` beside others; empty when none does. */
export function passLine(plan: Plan): CardText {
  const count = plan.checks.filter((check) => check.outcome === 'pass').length;
  if (count === 0) return nothing;
  const more = count < plan.checks.length ? ' more' : '';
  return plain<string>(`${count}${more} ${count === 1 ? 'check passes' : 'checks pass'}`);
}

export const irreversibleCount = (plan: Plan): number => stepsOf(plan, 'irreversible').length;
