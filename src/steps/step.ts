/** What a step is, and how one is carried out. */
import { done, type Failure, failed, type Outcome, type Receipt } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Plan, StepPlanner } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Proof } from '../domain/proof.ts';

/** What a step works with: ports, the approved plan, and values born in earlier steps of this request. */
export interface StepContext {
  readonly azure: Azure;
  readonly requestId: RequestId;
  readonly plan: Plan;
  readonly born: Readonly<Record<string, string>>;
}

/** What a step saw when it read back. `born` are values that later steps need. */
export interface Verified {
  readonly born: Readonly<Record<string, string>>;
  readonly proofs: readonly Proof[];
}

/**
 * One thing that can be done to Azure. `effects` (from the planner) says what it would change, `observe` whether that is
 * still to do, `apply` does it and may run twice, `verify` reads back: only then is the step done.
 */
export interface Step extends StepPlanner {
  observe(context: StepContext): Promise<Outcome<'to-do' | 'already'>>;
  apply(context: StepContext): Promise<Outcome<Receipt>>;
  verify(context: StepContext): Promise<Outcome<Verified>>;
}

/** What came of carrying a step out once. */
export interface StepOutcome extends Verified {
  readonly already: boolean;
  readonly receipt: Receipt | null;
}

/** Looks first, acts only where something is left to do, and always reads back. */
export async function carryOut(step: Step, context: StepContext): Promise<Outcome<StepOutcome>> {
  const observed = await step.observe(context);
  if (!observed.ok) return observed;
  const already = observed.value === 'already';
  let receipt: Receipt | null = null;
  if (!already) {
    const applied = await step.apply(context);
    if (!applied.ok) return applied;
    receipt = applied.value;
  }
  const verified = await step.verify(context);
  return verified.ok ? done({ ...verified.value, already, receipt }) : verified;
}

/** A failure that was found by looking, not one that Azure answered with. */
const found = (next: Failure['next'], doing: string, code: string, message: string, more: Partial<Failure> = {}) =>
  failed({
    next,
    doing,
    code,
    message,
    status: null,
    retryAfterMs: null,
    clientRequestId: null,
    correlationId: null,
    ...more,
  });

/** The world is not the one that was approved, in a way that this step must not act on. */
export const moved = (doing: string, code: string, message: string) => found('ask', doing, code, message);

/** Another operation holds the agent: writing now would be refused, or would come on top of an own write under way. */
export const busy = (doing: string, provisioningState: string) =>
  found('wait', doing, 'AgentBusy', `Azure is working on the agent: it is ${provisioningState}.`);

/**
 * Azure said yes, and reading back says no: what it says, and what it was to say, in sentences. `retry-until` where the
 * change may still be spreading.
 */
export const readBackDiffers = (
  doing: string,
  read: { readonly found: string; readonly expected: string },
  next: Failure['next'] = 'ask',
) => found(next, doing, 'ReadBackDiffers', read.found, { expected: read.expected });

/** Something the plan rests on is gone: the bot's own judgement, Azure only said that it has none. */
export const missing = (doing: string, what: string) =>
  found('ask', doing, 'Missing', `${what} does not exist any more.`);

export const nothingBorn: Verified = { born: {}, proofs: [] };
