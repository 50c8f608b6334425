/** Steps and their execution. A step gets its input and knows no operation or kind. */
import type { KindRules } from '../../domain/check.ts';
import type { Effect } from '../../domain/effect.ts';
import {
  AzureFailure,
  botFailure,
  catchFailure,
  codeOf,
  type Failure,
  type Found,
  failed,
  isDisappearance,
  type Outcome,
  type Receipt,
  valueOrThrow,
} from '../../domain/failure.ts';
import type { ArmId, RequestId } from '../../domain/ids.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import type { OwnKey } from '../../domain/key-ownership.ts';
import type { ObservedResource, ObservedVault } from '../../domain/observed.ts';
import type { ResourceRef, Reversibility, StepName } from '../../domain/plan.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Proof } from '../../domain/proof.ts';
import { rejectReplaced, withNewLocation } from './moved-or-replaced.ts';

/** Input of a step: ports, the approved work, and outputs of earlier steps of this request. */
export interface StepContext {
  readonly azure: Azure;
  readonly requestId: RequestId;
  readonly work: KeyWork;
  readonly approved: readonly Effect[];
  readonly outputs: Readonly<Record<string, string>>;
  /** The audit log's facts about the key that this request created. */
  readonly own: OwnKey;
  /** Nonce of this attempt, for steps that mark what they create; null: it marks nothing, or sends nothing. */
  readonly nonce: string | null;
  /** Attempt in this run: 1 is the first. */
  readonly attempt: number;
  /** The process that began this attempt ended: what it sent is only read back, and nothing is sent. */
  readonly confirms: boolean;
  /** Waits for an operation that this request may have started; false: it took too long. Null: there can be none. */
  readonly outlast: (() => Promise<boolean>) | null;
  readonly kind: Pick<KindRules, 'network'>;
  readonly now: Date;
  /** Waits briefly before a missing object is read again. */
  readonly pause: () => Promise<void>;
}

/** Azure's answer to a change. `outputs` are values for later steps, stored even if the verification fails. */
export interface Applied extends Receipt {
  readonly outputs?: Readonly<Record<string, string>>;
}

/** Result of the verification. `outputs` are values for later steps. */
export interface Verified {
  readonly outputs: Readonly<Record<string, string>>;
  readonly proofs: readonly Proof[];
}

/**
 * One kind of change to Azure. `effects`: what it would change (empty: nothing). `observe`: whether that is still to do.
 * `apply`: makes the change and can run twice; missing: the bot only reads. `verify`: reads back, and only then is the step
 * done. All three throw {@link AzureFailure}.
 */
export interface Step {
  readonly name: StepName;
  /** Each attempt's intent stores the hash of a new nonce, and what the step creates carries the nonce. */
  readonly marks?: true;
  reversibility(work: KeyWork, kind: Pick<KindRules, 'goesBack'>): Reversibility;
  effects(work: KeyWork): readonly Effect[];
  observe(context: StepContext): Promise<'to-do' | 'already'>;
  apply?(context: StepContext): Promise<Applied>;
  verify(context: StepContext): Promise<Verified>;
}

/** Result of one attempt of a step. */
export interface StepOutcome extends Verified {
  readonly already: boolean;
  readonly receipt: Receipt | null;
}

/** Result of an attempt. A failure includes the outputs that Azure had returned before it. */
export type CarriedOut =
  | { readonly ok: true; readonly value: StepOutcome }
  | { readonly ok: false; readonly failure: Failure; readonly outputs: Readonly<Record<string, string>> };

/** Additional reads before the bot treats an object as missing. */
const rereads = 2;

/** Reads again while an object that existed isn't shown: docs/decisions/0020. `retryRead` waits and clears cached reads. */
export async function rereadIfMissing<O extends Outcome<unknown>>(
  read: () => Promise<O>,
  retryRead: () => Promise<void>,
  isGone: (outcome: O) => boolean = (outcome) => !outcome.ok && isDisappearance(outcome.failure),
): Promise<O> {
  let found = await read();
  for (let left = rereads; left > 0 && isGone(found); left -= 1) {
    await retryRead();
    found = await read();
  }
  return found;
}

/**
 * Carries out a step: observes, applies the change if needed, and always verifies. Each object is read once before and once
 * after a change.
 */
export async function carryOut(step: Step, context: StepContext): Promise<CarriedOut> {
  const carried = await attemptStep(step, context);
  if (carried.ok) return carried;
  return { ...carried, failure: await withNewLocation(context.azure, context.work.observed, carried.failure) };
}

async function attemptStep(step: Step, context: StepContext): Promise<CarriedOut> {
  const { azure, invalidate } = memoizeReads(rejectReplaced(context.azure, context.work.observed));
  const memoized = { ...context, azure };
  const retryRead = async (): Promise<void> => {
    await context.pause();
    invalidate();
  };
  const observed = await observeSettled(
    context,
    () => rereadIfMissing(() => catchFailure(() => step.observe(memoized)), retryRead),
    invalidate,
  );
  if (!observed.ok) return { ...observed, outputs: {} };
  const already = observed.value === 'already';
  let receipt: Receipt | null = null;
  let outputs: Readonly<Record<string, string>> = {};
  const { apply } = step;
  if (!already && apply !== undefined) {
    if (context.confirms) {
      return { ...failed(botFailure('reading back an interrupted attempt', { code: 'interrupted' }, 'wait')), outputs };
    }
    const applied = await catchFailure(() => apply(memoized));
    invalidate();
    if (!applied.ok) return { ...applied, outputs };
    const { outputs: answered = {}, ...rest } = applied.value;
    receipt = rest;
    outputs = answered;
  }
  const after = { ...memoized, outputs: { ...context.outputs, ...outputs } };
  const verified = await rereadIfMissing(() => catchFailure(() => step.verify(after)), retryRead);
  if (verified.ok) return { ok: true, value: { ...verified.value, already, receipt } };
  return { ok: false, failure: already ? verified.failure : afterChange(verified.failure), outputs };
}

/** Observes, and again while the resource is busy with an operation that this request may have started. */
async function observeSettled<T>(
  { outlast }: StepContext,
  observe: () => Promise<Outcome<T>>,
  invalidate: () => void,
): Promise<Outcome<T>> {
  for (;;) {
    const observed = await observe();
    const isBusyNow = !observed.ok && codeOf(observed.failure) === 'resource-busy';
    if (!isBusyNow || outlast === null) return observed;
    if (!(await outlast())) return failed({ ...observed.failure, next: 'ask' });
    invalidate();
  }
}

/** Reads the resource. In one attempt, its check and its change get the same reading. Throws if the resource is missing. */
export async function readResource({ azure, work }: StepContext, doing: string): Promise<ObservedResource> {
  return (
    valueOrThrow(await azure.resources.get(work.resource)) ?? failStep(doing, { code: 'missing', what: 'resource' })
  );
}

/** The same for the vault of the key. */
export async function readVault({ azure, work }: StepContext, doing: string): Promise<ObservedVault> {
  return valueOrThrow(await azure.vaults.get(work.to.vaultId)) ?? failStep(doing, { code: 'missing', what: 'vault' });
}

/** If a read fails after a change, reports the change as accepted. */
const afterChange = (failure: Failure): Failure =>
  failure.source === 'bot' ? failure : { ...failure, change: 'accepted' };

/** Throws a failure that the bot itself found. `retry-until`: a change might still be propagating. */
export function failStep(doing: string, found: Found, next: Failure['next'] = 'ask'): never {
  throw new AzureFailure(botFailure(doing, found, next));
}

/**
 * Throws for a resource with an operation in progress. A write now would be refused, or follow the bot's own pending write.
 */
export const failBusy = (doing: string, provisioningState: string): never =>
  failStep(doing, { code: 'resource-busy', provisioningState }, 'wait');

export const noOutputs: Verified = { outputs: {}, proofs: [] };

export const reversible = (): Reversibility => 'reversible';
export const irreversible = (): Reversibility => 'irreversible';

/**
 * Returns ports that cache reads, for one attempt of one step. The check before the change and the change itself use the same
 * read; the verification after it reads again. Failed reads aren't cached.
 */
export function memoizeReads(azure: Azure): { readonly azure: Azure; invalidate(): void } {
  const { resources, vaults } = azure;
  const cache = {
    resources: new Map<ArmId, ReturnType<typeof resources.get>>(),
    vaults: new Map<ArmId, ReturnType<typeof vaults.get>>(),
  };
  const memoize = <O extends { readonly ok: boolean }>(
    reads: Map<ArmId, Promise<O>>,
    id: ArmId,
    read: () => Promise<O>,
  ): Promise<O> => {
    const cached = reads.get(id);
    if (cached !== undefined) return cached;
    const pending = read();
    reads.set(id, pending);
    const forget = (): void => {
      if (reads.get(id) === pending) reads.delete(id);
    };
    pending.then(({ ok }) => (ok ? undefined : forget()), forget);
    return pending;
  };
  return {
    azure: {
      ...azure,
      resources: {
        ...resources,
        get: (ref: ResourceRef) => memoize(cache.resources, ref.id, () => resources.get(ref)),
      },
      vaults: { ...vaults, get: (id) => memoize(cache.vaults, id, () => vaults.get(id)) },
    },
    /** Clears the cache after a change or a possible change. */
    invalidate() {
      cache.resources.clear();
      cache.vaults.clear();
    },
  };
}
