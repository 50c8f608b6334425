/** What a step is, and how one is carried out. Steps are told what to do, they do not ask: no operation and no kind is named. */
import type { Effect } from '../../domain/effect.ts';
import {
  type Failure,
  type Found,
  failed,
  foundThat,
  type Outcome,
  type Receipt,
  saysGone,
} from '../../domain/failure.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import type { OwnKey } from '../../domain/own-key.ts';
import type { Reversibility, StepName } from '../../domain/plan.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Proof } from '../../domain/proof.ts';
import { lookOnce } from './look-once.ts';
import { refuseReplaced } from './refuse-replaced.ts';
import { orMoved } from './where-moved.ts';

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
  /** Of this run: 1 is the first. */
  readonly attempt: number;
  /** A short wait before something that isn't shown any more is read again. */
  readonly pause: () => Promise<void>;
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
  /** The change leaves the resource and the vault as they were read: only who has access to a key changes. */
  readonly changesAccessOnly?: true;
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

/** Reads after the first one, before the bot believes that something is gone. */
const rereads = 2;

/** Reads again while something that was there isn't shown: docs/decisions/0020. `again` waits, and forgets what was read. */
export async function confirmed<O extends Outcome<unknown>>(
  read: () => Promise<O>,
  again: () => Promise<void>,
  isGone: (outcome: O) => boolean = (outcome) => !outcome.ok && saysGone(outcome.failure),
): Promise<O> {
  let found = await read();
  for (let left = rereads; left > 0 && isGone(found); left -= 1) {
    await again();
    found = await read();
  }
  return found;
}

/** Looks first, acts only where something is left to do, and always reads back. Each thing is read once on each side of a change to it. */
export async function carryOut(step: Step, context: StepContext): Promise<CarriedOut> {
  const carried = await carryOutHere(step, context);
  if (carried.ok) return carried;
  return { ...carried, failure: await orMoved(context.azure, context.work.observed, carried.failure) };
}

async function carryOutHere(step: Step, context: StepContext): Promise<CarriedOut> {
  const { azure, changed } = lookOnce(refuseReplaced(context.azure, context.work.observed));
  const once = { ...context, azure };
  const again = async (): Promise<void> => {
    await context.pause();
    changed();
  };
  const observed = await confirmed(() => step.observe(once), again);
  if (!observed.ok) return { ...observed, outputs: {} };
  const already = observed.value === 'already';
  let receipt: Receipt | null = null;
  let outputs: Readonly<Record<string, string>> = {};
  if (!already) {
    const applied = await step.apply(once);
    if (step.changesAccessOnly !== true) changed();
    if (!applied.ok) return { ...applied, outputs };
    const { outputs: answered = {}, ...rest } = applied.value;
    receipt = rest;
    outputs = answered;
  }
  const after = { ...once, outputs: { ...context.outputs, ...outputs } };
  const verified = await confirmed(() => step.verify(after), again);
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
