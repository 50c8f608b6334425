/**
 * Texts about a run that ended: where, and what is known about each step and the resource's key.
 * Only what the events confirm. Plain text, not escaped for cards.
 */
import { isTemporaryBlock } from '../domain/check.ts';
import { codeOf, type Failure } from '../domain/failure.ts';
import { PersonId } from '../domain/ids.ts';
import { retriesAutomatically } from '../domain/request/decide-attention.ts';
import { type EarlierStep, keyProgress, type Request, type StepProgress } from '../domain/request/request.ts';
import { type EndOfRun, endOfRun, keyFate, stepStatus } from '../domain/request/step-status.ts';
import { isLastingBlock, remedyWords } from './remedies.ts';
import { stepWordsIn } from './steps.ts';
import { countOf, type Names } from './words.ts';

type AtRest = Extract<Request, { state: 'needs-attention' | 'failed' }>;
type Stopped = Extract<Extract<Failure, { source: 'bot' }>['found'], { code: 'stopped' }>;

/** Returns null if something else ended the run. */
export const stoppedOf = (failure: Failure | null): Stopped | null =>
  failure?.source === 'bot' && failure.found.code === 'stopped' ? failure.found : null;

const stoppedBy = ({ by, operator }: Stopped, names: Names): string =>
  operator === null ? names(PersonId.safeParse(by).data ?? null) : `Operator ${operator}`;

/** `step 4 of 5 (Set customer-managed key)` */
function stepIn(request: Request, { name }: StepProgress): string {
  const position = request.progress.findIndex((one) => one.name === name) + 1;
  return `step ${position} of ${request.progress.length} (${stepWordsIn(request.plan, name).title})`;
}

const runName = (run: number): string => (run > 1 ? `run ${run}` : 'the run');

/** `in step 4 of 5 (Set customer-managed key), after attempt 2` */
function placeOf(request: Request, end: EndOfRun): string {
  switch (end.at) {
    case 'check':
      return 'before its first step';
    case 'between':
      return `after ${stepIn(request, end.last)}`;
    case 'step':
      return `in ${stepIn(request, end.step)}, after attempt ${end.step.attempt}`;
  }
}

/** Returns what happened, in one line without a period. */
export function attentionHeadlineWords(request: AtRest, names: Names): string {
  const end = endOfRun(request);
  const stopped = stoppedOf(request.failure);
  if (stopped !== null) return `${stoppedBy(stopped, names)} stopped ${runName(end.run)} ${placeOf(request, end)}`;
  if (end.at === 'step' && end.step.name === request.step) {
    const position = request.progress.indexOf(end.step) + 1;
    return `Step ${position} of ${request.progress.length} failed: ${stepWordsIn(request.plan, end.step.name).title}`;
  }
  const run = end.run > 1 ? `Run ${end.run}` : 'The run';
  return end.at === 'check' ? `${run} ended before its first step` : `${run} was interrupted ${placeOf(request, end)}`;
}

/** Returns the outcome of the step's last attempt, if a person stopped the run; otherwise empty. */
export function stoppedAttemptWords(request: AtRest): string {
  const end = endOfRun(request);
  if (stoppedOf(request.failure) === null || end.at !== 'step' || end.step.failure === null) return '';
  const { attempt, failure } = end.step;
  const code = codeOf(failure);
  switch (failure.source === 'bot' ? undefined : failure.change) {
    case 'none':
      return `Attempt ${attempt} sent nothing to Azure (${code}).`;
    case 'refused':
      return `Azure rejected attempt ${attempt} (${code}).`;
    case 'accepted':
      return `Azure accepted attempt ${attempt} and did not confirm it (${code}). The resource might be in the state Failed until a change succeeds.`;
    case 'unknown':
    case undefined:
      return `Attempt ${attempt} was not confirmed (${code}).`;
  }
}

/** Returns what this request did to the resource's key. It says nothing about changes by others. */
export function keyFateWords(request: Request): string {
  const step = keyProgress(request);
  switch (keyFate(request)) {
    case 'not-changed':
      return 'This request didn’t change the resource’s key.';
    case 'earlier-plan':
      return 'Under the current plan, the resource’s key wasn’t changed. An earlier run of this request might have changed it: see the history.';
    case 'already-set':
      return 'The resource had the requested key before this request.';
    case 'changed':
      return request.state === 'succeeded'
        ? 'This request changed the resource’s key.'
        : 'This request changed the resource’s key: Azure showed the new key when the bot read it back. The final verification isn’t complete.';
    case 'unknown':
      if (step?.done != null)
        return 'An earlier run read the new key back from Azure. The last run didn’t confirm it again.';
      return `It isn’t known whether the resource’s key changed: Azure didn’t confirm it.${isBusyNow(request) ? ' Azure’s operation might be the one that this request started.' : ''}`;
  }
}

/** Returns whether the last failure was that Azure is at work on the resource. */
function isBusyNow(request: Request): boolean {
  const failure = 'failure' in request ? request.failure : null;
  if (failure?.source !== 'bot') return false;
  const { found } = failure;
  return found.code === 'resource-busy' || (found.code === 'blocked' && isTemporaryBlock(found.check));
}

const changesAzure = ({ plan }: Request, { name }: StepProgress): boolean =>
  plan.steps.some((step) => step.name === name && step.effects.length > 0);

const isIrreversible = ({ plan }: Request, { name }: StepProgress): boolean =>
  plan.steps.some((step) => step.name === name && step.reversibility === 'irreversible' && step.effects.length > 0);

function completedWords(request: Request, step: StepProgress): string {
  const run = step.run < request.runs ? `Completed in run ${step.run}` : 'Completed';
  if (isIrreversible(request, step)) return `${run}. Can’t be undone.`;
  return changesAzure(request, step) ? `${run}. Not rolled back.` : `${run}.`;
}

/** Returns what is known about a step of an earlier plan. */
export const earlierStepWords = ({ step, isConfirmed }: EarlierStep): string =>
  `${isConfirmed ? 'Completed under an earlier plan' : 'Not confirmed under an earlier plan: an attempt might have changed Azure'}. ${
    step.reversibility === 'irreversible' ? 'Can’t be undone.' : 'Not rolled back.'
  }`;

/** Returns what is known about a step after its run ended, or before the next run reaches it. */
export function stepStatusWords(request: Request, step: StepProgress): string {
  const status = stepStatus(request, step);
  const earlier = step.run > 0 && step.run < request.runs;
  const where = earlier ? ` in run ${step.run}` : '';
  const next = earlier ? ` Not started in run ${request.runs}.` : '';
  switch (status.kind) {
    case 'not-started':
      return 'Not started';
    case 'verified':
      return status.already ? 'Nothing to change: it was already so.' : completedWords(request, step);
    case 'refused':
      return `Failed${where} after ${countOf(status.attempts, 'attempt', 'attempts')}.${changesAzure(request, step) ? ' The attempts changed nothing.' : ''}${next}`;
    case 'unknown':
      return changesAzure(request, step)
        ? `Not confirmed${where}: an attempt might have changed Azure.${next}`
        : `Not completed${where}.${next}`;
    case 'running':
      return `Attempt ${status.attempt} is under way.`;
    case 'waiting':
      return `Attempt ${status.attempt} failed. The next attempt starts automatically.`;
  }
}

/** Returns what Retry needs; empty if it isn't offered, or can't help. */
export function retryWords(request: Request): string {
  if (request.state !== 'needs-attention' || isLastingBlock(request.failure)) return '';
  if (retriesAutomatically(request)) return 'The bot retries once automatically when Azure answers again.';
  return request.objected
    ? 'An approver stopped the run, so Retry asks for approval again.'
    : 'Retry uses the existing approvals unless they have expired.';
}

/** Returns what to do, and what Retry needs. Empty if the text of a check says that nothing can be done. */
export function attentionRemedy(request: AtRest): string {
  const remedy = request.failure === null ? '' : remedyWords(request.failure);
  return remedy === '' ? '' : `${remedy} ${retryWords(request)}`.trim();
}
