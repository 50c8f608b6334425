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
  // A plan without this effect means that the agent already had the key.
  if (effect?.change !== 'customer-key') return plan.observation.resource.customerKey;
  const { vaultUri, keyName, keyVersion } = effect.to;
  const version = keyVersion === madeVersion ? (outputs.keyVersion ?? null) : keyVersion;
  return { vaultUri, keyName, keyVersion: version };
}

/** A key that Azure, read back, showed on the agent. */
interface KeyShown {
  readonly key: CustomerKey;
  /** ISO 8601: the first time. */
  readonly at: string;
  /** The agent had it before any attempt of this request. */
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

class History {
  readonly #done = new Set<StepName>();
  readonly #tried = new Map<StepName, 'under-way' | 'unknown'>();
  #plan: Plan | null = null;
  #outputs: Readonly<Record<string, string>> = {};
  #key: KeyShown | null = null;
  #setsKey = false;

  add({ body, time }: StoredEvent): void {
    if ('plan' in body.data) this.#ask(body.data.plan);
    // It only reads.
    if ('step' in body.data && body.data.step === 'verify') return;
    if (body.type === 'step-intended') {
      const { step } = body.data;
      this.#tried.set(step, this.#tried.has(step) ? 'unknown' : 'under-way');
    } else if (body.type === 'step-failed') this.#fail(body.data);
    else if (body.type === 'step-done') this.#finish(body.data, time);
  }

  read(): RunHistory {
    return { done: [...this.#done], unconfirmed: [...this.#tried.keys()], key: this.#key, setsKey: this.#setsKey };
  }

  #ask(plan: Plan): void {
    this.#plan = plan;
    this.#setsKey ||= plan.steps.some(({ name }) => name === 'set-cmk');
  }

  #fail(data: EventBodyOf<'step-failed'>['data']): void {
    const { step, outputs } = data;
    this.#outputs = { ...this.#outputs, ...outputs };
    if (this.#tried.get(step) === 'under-way' && changedNothing(data)) this.#tried.delete(step);
    else this.#tried.set(step, 'unknown');
  }

  #finish({ step, already, interrupted, outputs }: EventBodyOf<'step-done'>['data'], at: string): void {
    this.#outputs = { ...this.#outputs, ...outputs };
    const isLost = this.#tried.get(step) === 'unknown';
    this.#tried.delete(step);
    this.#done.add(step);
    if (step !== 'set-cmk' || this.#plan === null) return;
    const key = requestedKey({ plan: this.#plan, outputs: this.#outputs });
    if (key === null || (already && this.#key !== null && isNamedAlike(this.#key.key, key))) return;
    this.#key = { key, at, found: already && !isLost && interrupted !== true };
  }
}

export function runHistory(events: readonly StoredEvent[]): RunHistory {
  const history = new History();
  for (const event of events) history.add(event);
  return history.read();
}

/** When the request set its key, or found it set. Null: no run of it did. */
export function keyShownFor(request: Requested, events: readonly StoredEvent[]): KeyShown | null {
  const { key } = runHistory(events);
  const requested = requestedKey(request);
  return key !== null && requested !== null && isNamedAlike(key.key, requested) ? key : null;
}
