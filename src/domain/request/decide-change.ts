/** Edits of a request that waits for approval. It needs approval again, so that people approve exactly what runs. */
import { canonicalJson } from '../canonical-json.ts';
import { sameArmId } from '../ids.ts';
import { blocksOf } from '../plan.ts';
import { referenceField } from '../policy/policy.ts';
import { isPastDeadline } from './decide-approval.ts';
import { newEvent } from './events.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Request } from './request.ts';
import { accept, type Change, type Decision, reasonRefusal, type Submit } from './request-command.ts';
import { startField, startRefusal } from './start-window.ts';

/** Each edit restarts the time to decide and notifies people. Without a limit, a request could stay open indefinitely. */
export const mostChanges = 5;

/** Validates a new or edited request. Returns null if it's valid. */
export function specRefusal(
  { justification, plan, notBefore }: Pick<Submit, 'justification' | 'plan' | 'notBefore'>,
  now: Date,
): Refusal | null {
  const unwritten = reasonRefusal(justification);
  if (unwritten !== null) return unwritten;
  const block = blocksOf(plan)[0];
  if (block !== undefined) return refuse('plan-blocked', block.code);
  return startRefusal(notBefore, now);
}

/**
 * Returns why this person can't edit the request now; null if they can. `asking`: the approval question they saw. `now`:
 * null skips the deadline check.
 */
export function changeRefusal(
  request: Request,
  { by, asking }: Pick<Change, 'by' | 'asking'>,
  now: Date | null,
): Refusal | null {
  if (by !== request.requester) return refuse('not-your-request', request.id);
  const isLate = request.state !== 'awaiting-approval' || (now !== null && isPastDeadline(request, now));
  if (isLate) return refuse('change-too-late', request.id);
  if (asking !== request.asking) return refuse('changed-meanwhile', request.id);
  // A run's partial results must not count for another plan.
  if (request.touched) return refuse('change-half-done', request.id);
  return request.changes >= mostChanges ? refuse('changed-too-often', `${mostChanges}`) : null;
}

/** An edit must change something. Otherwise it would only extend the deadline. */
const isSame = ({ plan, justification, notBefore, changeReference }: Request, other: Change): boolean =>
  canonicalJson(plan.spec) === canonicalJson(other.plan.spec) &&
  justification === other.justification.trim() &&
  notBefore === other.notBefore &&
  changeReference === (other.changeReference ?? null);

/** Applies an edit. Throws if the plan is for another resource or operation, which needs a new request. */
export function change(request: Request, command: Change, now: Date): Decision {
  const refusal = changeRefusal(request, command, now);
  if (refusal !== null) return refusal;
  const { plan, policy, digest, formId } = command;
  const { resource, operation } = request.plan.spec;
  if (!sameArmId(plan.spec.resource.id, resource.id) || plan.spec.operation !== operation) {
    throw new Error(`changing ${request.id}: the plan is for another resource, or of another operation`);
  }
  const unfit = specRefusal(command, now);
  if (unfit !== null) return unfit;
  if (isSame(request, command)) return refuse('nothing-changed', request.id);
  return accept(
    newEvent(
      'request-changed',
      command.actor,
      { formId, plan, policy, ...startField(command), ...referenceField(command) },
      { planDigest: digest, target: resource.id, result: 'awaiting-approval' },
      { justification: command.justification.trim() },
    ),
  );
}
