/** What succeeded requests say about their agents: key, age, expiry, verification level, guard, and what people accepted. Pure. */
import { keyShownFor, requestedKey } from '../evidence/run-history.ts';
import { RequestId } from '../ids.ts';
import type { CustomerKey, GuardState } from '../observed.ts';
import { effectsOf, stepsOf, warningsOf } from '../plan.ts';
import { highestProof, type ProofLevel } from '../proof.ts';
import type { EventBodyOf, EventType, StoredEvent } from '../request/events.ts';
import { fold } from '../request/evolve.ts';
import type { Request, Succeeded } from '../request/request.ts';

/** An event with the request or drift that it belongs to. */
export interface StreamEvent {
  readonly stream: string;
  readonly event: StoredEvent;
}

export type ExceptionKind = 'warning' | 'irreversible' | 'quick-approval';

/** Something that people accepted with the key that the agent is under. */
export interface StatedException {
  readonly agent: string;
  readonly name: string;
  readonly request: string;
  readonly event: number;
  readonly kind: ExceptionKind;
  /** Of the check, the step or the guard. */
  readonly code: string;
  /** Object ids of those who accepted it. */
  readonly owners: readonly string[];
  readonly at: string;
}

export interface KnownRequest {
  readonly request: Request;
  readonly events: readonly StoredEvent[];
  readonly agent: string;
  readonly name: string;
}

export interface ApprovedState {
  readonly agent: string;
  readonly name: string;
  readonly request: string;
  /** Number of the event of the success, and its time. */
  readonly event: number;
  readonly at: string;
  readonly key: CustomerKey;
  /** Null: this request found the key set. */
  readonly setAt: string | null;
  readonly versionSince: string | null;
  readonly expires: string;
  readonly level: ProofLevel | null;
  readonly levelAt: string;
  readonly guard: GuardState | null;
  readonly exceptions: readonly StatedException[];
}

type EventOf<T extends EventType> = StoredEvent & { readonly body: EventBodyOf<T> };
const eventsOf = <T extends EventType>(events: readonly StoredEvent[], type: T): readonly EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.body.type === type);

/** In the order of their first events. */
export function requestsIn(events: readonly StreamEvent[]): readonly KnownRequest[] {
  const streams = new Map<RequestId, StoredEvent[]>();
  for (const { stream, event } of events) {
    const id = RequestId.safeParse(stream).data;
    if (id !== undefined) streams.set(id, [...(streams.get(id) ?? []), event]);
  }
  return [...streams].flatMap(([id, own]) => {
    const request = fold(id, own);
    if (request === null) return [];
    return [
      { request, events: own, agent: request.plan.wish.resource.id, name: request.plan.observation.resource.name },
    ];
  });
}

/** When the version was created: by this request, or as Azure said for the plan. */
function versionSince({ plan }: Request, events: readonly StoredEvent[], { keyVersion }: CustomerKey): string | null {
  const made = eventsOf(events, 'step-done').find(
    ({ body: { data } }) => data.step === 'make-key-version' && data.outputs.keyVersion === keyVersion,
  );
  const { key } = plan.observation;
  return made?.time ?? (key !== null && key.version === keyVersion ? key.created : null);
}

function expiryOf({ plan }: Request, { keyVersion }: CustomerKey): string {
  const made = effectsOf(plan).find((effect) => effect.change === 'key');
  if (made?.change === 'key') return made.expires ?? 'none';
  const { key } = plan.observation;
  return key !== null && key.version === keyVersion ? (key.expires ?? 'none') : 'unknown';
}

/** The guard as read for the plan, in the order of its aims. */
function guardOf({ plan }: Request): GuardState | null {
  const guard = plan.observation.guard ?? null;
  if (guard === null) return null;
  return guard;
}

const asking: readonly EventType[] = ['submitted', 'plan-changed', 'request-changed'];

function exceptionsOf({ request, events, agent, name }: KnownRequest): readonly StatedException[] {
  const asked = events.findLast(({ body }) => asking.includes(body.type));
  const approvals = eventsOf(events, 'approved').filter(({ seq }) => seq > (asked?.seq ?? 0));
  const about = { agent, name, request: request.id as string };
  const accepted = (kind: StatedException['kind'], code: string, by: typeof approvals): StatedException => ({
    ...about,
    event: by.at(-1)?.seq ?? asked?.seq ?? 0,
    ...{ kind, code, owners: by.map(({ body }) => body.actor.id ?? ''), at: by.at(-1)?.time ?? asked?.time ?? '' },
  });
  const irreversible = approvals.filter(({ body }) => body.data.acknowledgedIrreversible);
  return [
    ...warningsOf(request.plan).map(({ code }) => accepted('warning', code, approvals)),
    ...stepsOf(request.plan, 'irreversible').map((step) => accepted('irreversible', step.name, irreversible)),
    ...approvals.filter(({ body }) => body.data.quick).map((one) => accepted('quick-approval', 'approved', [one])),
  ];
}

function stateOf(known: KnownRequest, request: Succeeded, success: StoredEvent): readonly ApprovedState[] {
  const { events, agent, name } = known;
  const requested = requestedKey(request);
  if (requested === null) return [];
  const { vaultUri, keyName, keyVersion } = requested;
  const key = { vaultUri, keyName, keyVersion };
  const level = highestProof(request.proofs);
  const judged = level === 'use-seen' ? eventsOf(events, 'use-judged').at(-1) : undefined;
  return [
    {
      ...{ agent, name, request: request.id, event: success.seq, at: success.time, key },
      ...{ setAt: keyShownFor(request, events)?.at ?? null, versionSince: versionSince(request, events, key) },
      ...{ expires: expiryOf(request, key), level, levelAt: judged?.time ?? success.time, guard: guardOf(request) },
      exceptions: exceptionsOf(known),
    },
  ];
}

/** In the order of the successes. */
export const approvedStates = (requests: readonly KnownRequest[]): readonly ApprovedState[] =>
  requests
    .flatMap((known) => {
      const success = eventsOf(known.events, 'succeeded').at(-1);
      return success === undefined || known.request.state !== 'succeeded' ? [] : stateOf(known, known.request, success);
    })
    .sort((a, b) => a.event - b.event);
