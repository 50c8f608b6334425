/** The status of each step, computed from events. Cards and the command line show only this. */
import type { Plan } from '../plan.ts';
import {
  type EarlierStep,
  isUnderWay,
  keyProgress,
  type Request,
  type RequestBase,
  type StepProgress,
} from './request.ts';

export type StepStatus =
  | { readonly kind: 'not-started' }
  | { readonly kind: 'running'; readonly attempt: number }
  /** Attempt N failed; the next one starts by itself. */
  | { readonly kind: 'waiting'; readonly attempt: number }
  /** Every attempt so far left Azure as it was. */
  | { readonly kind: 'refused'; readonly run: number; readonly attempts: number }
  /** An attempt might have changed Azure, and nothing was read back. */
  | { readonly kind: 'unknown'; readonly run: number; readonly attempts: number }
  /** Azure, read back, shows it. `already`: it was so before this request. */
  | { readonly kind: 'verified'; readonly run: number; readonly already: boolean };

export function stepStatus(request: Request, step: StepProgress): StepStatus {
  const { state, run, attempt, tries: attempts } = step;
  if (state === 'planned') return { kind: 'not-started' };
  if (state === 'done') return { kind: 'verified', run, already: step.done?.already ?? step.already };
  if (isUnderWay(request) && state === 'running') return { kind: 'running', attempt };
  if (isUnderWay(request) && state === 'waiting') return { kind: 'waiting', attempt };
  // The run ended without a result of this attempt.
  const untouched = step.untouched && state !== 'running' && step.done === null;
  return { kind: untouched ? 'refused' : 'unknown', run, attempts };
}

/** Returns the steps of all plans so far that changed Azure, or might have, without those that the new plan repeats. */
export function earlierSteps({ earlier, plan, progress }: RequestBase, { steps }: Plan): readonly EarlierStep[] {
  const changed = progress.flatMap(({ name, state, done, untouched }) => {
    const isConfirmed = done !== null && !done.already;
    if (!isConfirmed && untouched && state !== 'running') return [];
    return plan.steps
      .filter((step) => step.name === name && step.effects.length > 0)
      .map((step) => ({ step, isConfirmed }));
  });
  return [...earlier, ...changed].filter(({ step }) => !steps.some(({ name }) => name === step.name));
}

/** What this request did to the resource's key, as far as Azure confirmed it. */
type KeyFate = 'not-changed' | 'earlier-plan' | 'already-set' | 'changed' | 'unknown';

export function keyFate(request: Request): KeyFate {
  const step = keyProgress(request);
  // Progress covers the current plan only.
  const untouched = request.touched && request.replaced !== null ? 'earlier-plan' : 'not-changed';
  if (step === undefined) return untouched;
  const status = stepStatus(request, step);
  switch (status.kind) {
    case 'not-started':
    case 'refused':
      return untouched;
    case 'verified':
      return status.already ? 'already-set' : 'changed';
    case 'running':
    case 'waiting':
    case 'unknown':
      return 'unknown';
  }
}

/** Where a run that needs attention ended: before its first step, in a step, or between two steps. */
export type EndOfRun =
  | { readonly at: 'check'; readonly run: number }
  | { readonly at: 'step'; readonly run: number; readonly step: StepProgress }
  | { readonly at: 'between'; readonly run: number; readonly last: StepProgress };

const isAtWork = ({ state }: StepProgress): boolean => state === 'failed' || state === 'waiting' || state === 'running';

/** `step`: the one that the event names; an earlier run's failed step isn't where this run ended. */
export function endOfRun(request: Extract<Request, { state: 'needs-attention' | 'failed' }>): EndOfRun {
  const run = request.runs;
  const ofRun = request.progress.filter((step) => step.run === run);
  const named = ofRun.find(({ name }) => name === request.step);
  const step = named ?? ofRun.find(isAtWork);
  if (step !== undefined) return { at: 'step', run, step };
  const last = ofRun.at(-1);
  return last === undefined ? { at: 'check', run } : { at: 'between', run, last };
}
