/**
 * What a request's runs did in Azure, under all of its plans: its progress covers only the current plan. verify.py has the same
 * rules.
 */
import { madeVersion } from '../effect.ts';
import { changedNothing } from '../failure.ts';
import { type CustomerKey, isNamedAlike } from '../observed.ts';
import { effectsOf, type Plan, type StepName } from '../plan.ts';
import type { EventBodyOf, StoredEvent } from '../request/events.ts';
import type { Request } from '../request/request.ts';

type Requested = Pick<Request, 'plan' | 'outputs'>;

/** Returns the key that the plan sets, with the version that a run created. Null if there is none yet. */
export function requestedKey({ plan, outputs }: Requested): CustomerKey | null {
  const effect = effectsOf(plan).find(({ change }) => change === 'customer-key');
  // A plan without this effect means that the resource already had the key.
  if (effect?.change !== 'customer-key') return plan.observation.resource.customerKey;
  const { vaultUri, keyName, keyVersion } = effect.to;
  const version = keyVersion === madeVersion ? (outputs.keyVersion ?? null) : keyVersion;
  return { vaultUri, keyName, keyVersion: version };
}

/** A key that Azure, read back, showed on the resource. */
interface KeyShown {
  readonly key: CustomerKey;
  /** ISO 8601: the first time. */
  readonly at: string;
  /** The resource had it before any attempt of this request. */
  readonly found: boolean;
}

export interface RunHistory {
  /** Steps that Azure, read back, showed as done at least once. */
  readonly done: readonly StepName[];
  /** Steps with an attempt that might have changed Azure, and that no later attempt settled. */
  readonly unconfirmed: readonly StepName[];
  /** The last key that was set or found; null: none. */
  readonly key: KeyShown | null;
  readonly setsKey: boolean;
}

export function runHistory(events: readonly StoredEvent[]): RunHistory {
  const done = new Set<StepName>();
  const tried = new Map<StepName, 'under-way' | 'unknown'>();
  let plan: Plan | null = null;
  let outputs: Readonly<Record<string, string>> = {};
  let shown: KeyShown | null = null;
  let setsKey = false;

  function fail(data: EventBodyOf<'step-failed'>['data']): void {
    outputs = { ...outputs, ...data.outputs };
    if (tried.get(data.step) === 'under-way' && changedNothing(data)) tried.delete(data.step);
    else tried.set(data.step, 'unknown');
  }

  function finish({ step, already, interrupted, ...data }: EventBodyOf<'step-done'>['data'], at: string): void {
    outputs = { ...outputs, ...data.outputs };
    const isLost = tried.get(step) === 'unknown';
    tried.delete(step);
    done.add(step);
    if (step !== 'set-cmk' || plan === null) return;
    const key = requestedKey({ plan, outputs });
    if (key === null || (already && shown !== null && isNamedAlike(shown.key, key))) return;
    shown = { key, at, found: already && !isLost && interrupted !== true };
  }

  for (const { body, time } of events) {
    if ('plan' in body.data) {
      plan = body.data.plan;
      setsKey ||= plan.steps.some(({ name }) => name === 'set-cmk');
    }
    // It only reads.
    if ('step' in body.data && body.data.step === 'verify') continue;
    if (body.type === 'step-intended') {
      const { step } = body.data;
      tried.set(step, tried.has(step) ? 'unknown' : 'under-way');
    } else if (body.type === 'step-failed') fail(body.data);
    else if (body.type === 'step-done') finish(body.data, time);
  }
  return { done: [...done], unconfirmed: [...tried.keys()], key: shown, setsKey };
}

/** When the request set its key, or found it set. Null: no run of it did. */
export function keyShownFor(request: Requested, events: readonly StoredEvent[]): KeyShown | null {
  const { key } = runHistory(events);
  const requested = requestedKey(request);
  return key !== null && requested !== null && isNamedAlike(key.key, requested) ? key : null;
}
