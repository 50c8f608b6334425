/** What a step is, and how one is carried out. Steps are told what to do, they do not ask: no operation and no kind is named. */
import type { Effect } from '../domain/effect.ts';
import { type Failure, type Found, failed, foundThat, type Outcome, type Receipt } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { KeyWork } from '../domain/key-change.ts';
import type { OwnKey } from '../domain/own-key.ts';
import type { Reversibility, StepName } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Proof } from '../domain/proof.ts';
import { lookOnce } from './look-once.ts';

/** What a step works with: ports, what the approved plan comes to, and what earlier steps of this request brought forth. */
export interface StepContext {
  readonly azure: Azure;
  readonly requestId: RequestId;
  readonly work: KeyWork;
  /** Every effect that was approved. */
  readonly approved: readonly Effect[];
  readonly outputs: Readonly<Record<string, string>>;
  /** What the record has of the key that this request made. */
  readonly own: OwnKey;
  /** Of this try, where the step asks for one; null where the process that stored its hash is gone, and it with it. */
  readonly nonce: string | null;
}

/** What Azure answered to a change. `outputs` are values that later steps need, kept also where reading back fails. */
export interface Applied extends Receipt {
  readonly outputs?: Readonly<Record<string, string>>;
}

/** What a step saw when it read back. `outputs` are values that later steps need. */
export interface Verified {
  readonly outputs: Readonly<Record<string, string>>;
  readonly proofs: readonly Proof[];
}

/**
 * One thing that can be done to Azure. `effects` says what it would change (empty: nothing is left to do), `observe` whether
 * that is still to do, `apply` does it and may run twice, `verify` reads back: only then is the step done.
 */
export interface Step {
  readonly name: StepName;
  /** With each try's intent the hash of a new nonce is stored, and what the step makes carries the nonce. */
  readonly marks?: true;
  reversibility(work: KeyWork): Reversibility;
  effects(work: KeyWork): readonly Effect[];
  observe(context: StepContext): Promise<Outcome<'to-do' | 'already'>>;
  apply(context: StepContext): Promise<Outcome<Applied>>;
  verify(context: StepContext): Promise<Outcome<Verified>>;
}

/** What came of carrying a step out once. */
export interface StepOutcome extends Verified {
  readonly already: boolean;
  readonly receipt: Receipt | null;
}

/** The same as an outcome; a failure keeps what Azure had answered before it. */
export type CarriedOut =
  | { readonly ok: true; readonly value: StepOutcome }
  | { readonly ok: false; readonly failure: Failure; readonly outputs: Readonly<Record<string, string>> };

/** Looks first, acts only where something is left to do, and always reads back. Each thing is looked at once on each side of the change. */
export async function carryOut(step: Step, context: StepContext): Promise<CarriedOut> {
  const { azure, changed } = lookOnce(context.azure);
  const once = { ...context, azure };
  const observed = await step.observe(once);
  if (!observed.ok) return { ...observed, outputs: {} };
  const already = observed.value === 'already';
  let receipt: Receipt | null = null;
  let outputs: Readonly<Record<string, string>> = {};
  if (!already) {
    const applied = await step.apply(once);
    changed();
    if (!applied.ok) return { ...applied, outputs };
    const { outputs: answered = {}, ...rest } = applied.value;
    receipt = rest;
    outputs = answered;
  }
  const verified = await step.verify({ ...once, outputs: { ...context.outputs, ...outputs } });
  if (verified.ok) return { ok: true, value: { ...verified.value, already, receipt } };
  return { ok: false, failure: already ? verified.failure : afterChange(verified.failure), outputs };
}

/** Of a reading that failed after a change, the change is what counts. */
const afterChange = (failure: Failure): Failure =>
  failure.source === 'bot' ? failure : { ...failure, change: 'accepted' };

/** The step did not come to what it should, as the bot found by looking. `retry-until` where a change may still be spreading. */
export const notSo = (doing: string, found: Found, next: Failure['next'] = 'ask') =>
  failed(foundThat(doing, found, next));

/** Another operation holds the resource: writing now would be refused, or would come on top of an own write under way. */
export const busy = (doing: string, provisioningState: string) =>
  notSo(doing, { code: 'resource-busy', provisioningState }, 'wait');

export const noOutputs: Verified = { outputs: {}, proofs: [] };

export const reversible = (): Reversibility => 'reversible';
export const irreversible = (): Reversibility => 'irreversible';
