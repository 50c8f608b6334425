/** What a step is, and how one is carried out. */
import { done, type Failure, failed, type Outcome, type Receipt } from '../domain/failure.ts';
import type { Plan, StepPlanner } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Proof } from '../domain/proof.ts';

/** What a step works with: ports, the approved plan, and values born in earlier steps of this request. */
export interface StepContext {
  readonly azure: Azure;
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

/** Azure said yes, and reading back says no. `retry-until` where the change may still be spreading. */
export const readBackDiffers = (
  doing: string,
  found: string,
  next: Failure['next'] = 'ask',
): { readonly ok: false; readonly failure: Failure } =>
  failed({
    next,
    doing,
    code: 'ReadBackDiffers',
    message: found,
    status: null,
    retryAfterMs: null,
    clientRequestId: null,
    correlationId: null,
  });

/** Something the plan rests on is gone. */
export const missing = (doing: string, what: string) =>
  failed({
    next: 'ask',
    doing,
    code: 'NotFound',
    message: `${what} does not exist any more.`,
    status: 404,
    retryAfterMs: null,
    clientRequestId: null,
    correlationId: null,
  });

export const nothingBorn: Verified = { born: {}, proofs: [] };
