/** What the command line reads and does in the audit log. */
import { DriftId, type PersonId, RequestId, type StreamId } from '../../domain/ids.ts';
import type { WitnessBook } from '../../domain/ports/published-log.ts';
import type { Appended, AppendedTo, People, Requests } from '../../domain/ports/store.ts';
import type { ChainLine, Derived, Link, RevealedText } from '../../domain/record/chain.ts';
import { decide } from '../../domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../domain/request/events.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Decision } from '../../domain/request/request-command.ts';
import { eraseNames, type ResourceWatch } from '../../domain/watch/resource-watch.ts';
import { findRequest } from '../../operations/find-request.ts';

/** A request's events, oldest first. */
export interface RequestEvents {
  readonly id: RequestId;
  readonly events: readonly StoredEvent[];
}

/** An operator's action on a request, with the operator's name. */
export type Act =
  | { readonly verb: 'cancel' | 'stop' | 'retry'; readonly by: string }
  | { readonly verb: 'give-up' | 'erase'; readonly by: string; readonly reason: string };

/** `replay`: it was stored before, and nothing was done now. */
export type ActResult = { readonly kind: 'accepted'; readonly event: StoredEvent; readonly replay: boolean } | Refusal;

export interface Records {
  /** Newest request first. */
  page(part: { readonly limit: number; readonly offset: number }): Promise<readonly RequestEvents[]>;
  /** Events of a request; empty: no such request. */
  events(of: { readonly id: RequestId }): Promise<readonly StoredEvent[]>;
  /** The person's name as last provided by Teams. */
  person(of: { readonly id: PersonId }): Promise<{ readonly name: string | null }>;
  head(): Promise<Link>;
  /** Chain entries after a sequence number, oldest first; null: from the very first row. */
  lines(part: { readonly after: number | null; readonly limit: number }): Promise<readonly ChainLine[]>;
  /** Texts of requests that weren't erased. */
  texts(of: { readonly requests: readonly string[] }): Promise<readonly RevealedText[]>;
  derived(): Promise<Derived>;
  /** Safe to repeat: the same question returns the stored result. */
  act(on: { readonly id: StreamId; readonly act: Act }): Promise<ActResult>;
  /** Continues the audit log from the current time after a wrong clock dated its last event ahead. */
  resume(operator: { readonly by: string }): Promise<ActResult>;
  /** Clears conflicts of witnesses with this name. `cleared`: their number. */
  askAgain(of: { readonly witness: string; readonly by: string }): Promise<{ readonly cleared: number }>;
}

/** Required parts of the store. */
export interface RecordStore {
  readonly requests: Pick<Requests, 'append' | 'events' | 'list' | 'load'>;
  readonly people: Pick<People, 'get'>;
  readonly witnesses: Pick<WitnessBook, 'clear'>;
  readonly auditLog: {
    head(): Promise<{ readonly seq: number; readonly hash: string }>;
    lines(after: number | null, limit: number): Promise<readonly ChainLine[]>;
    derived(): Promise<Derived>;
    textsOf(ids: readonly RequestId[]): Promise<readonly RevealedText[]>;
    /** Like `append`, and destroys all earlier texts of the request with their salts in the same transaction. */
    erase: Requests['append'];
    eraseDrift(
      id: DriftId,
      cause: string,
      decide: (watch: ResourceWatch | null) => Decision,
    ): Promise<AppendedTo<ResourceWatch> | Refusal>;
    resume(decide: (request: Request | null, ahead: string) => Decision): Promise<Appended | Refusal>;
  };
}

const lastTextRevision = (events: readonly StoredEvent[]): number =>
  events.findLast((event) => Object.keys(event.texts).length > 0)?.revision ?? 0;

type Carried = Pick<Appended, 'kind' | 'events' | 'replay'> | Refusal;

async function erase({ requests, auditLog }: RecordStore, id: StreamId, by: string, reason: string): Promise<Carried> {
  const events = await requests.events(id);
  if (events.length === 0) return refuse('unknown-request', id);
  const actor = operatorActor(by);
  const cause = `cli:erase:${lastTextRevision(events)}`;
  const drift = DriftId.safeParse(id).data;
  if (drift !== undefined) return auditLog.eraseDrift(drift, cause, (watch) => eraseNames(watch, actor, reason));
  const command = { do: 'erase-texts', actor, reason } as const;
  return auditLog.erase(RequestId.parse(id), cause, (now, at) => decide(now, command, at));
}

/** Carries out an action. The cause makes it idempotent; after newer texts, erasing is a new action. */
async function act(store: RecordStore, stream: StreamId, act: Act): Promise<Carried> {
  if (act.verb === 'erase') return erase(store, stream, act.by, act.reason);
  const request = await findRequest(store.requests, stream);
  if (isRefusal(request)) return request;
  const actor = operatorActor(act.by);
  const { id, asking } = request;
  const common = { by: null, actor, asking, roleStatus: 'no', requesterStatus: 'no' } as const;
  const command =
    act.verb === 'give-up' ? { ...common, do: act.verb, comment: act.reason } : { ...common, do: act.verb };
  return store.requests.append(id, `cli:${act.verb}:${asking}`, (now, at) => decide(now, command, at));
}

function resultOf(answer: Carried): ActResult {
  if (answer.kind === 'refused') return answer;
  const [event] = answer.events;
  if (event === undefined) throw new Error('an operator’s act was accepted without an event');
  return { kind: 'accepted', event, replay: answer.replay };
}

export const recordsOf = (store: RecordStore): Records => ({
  page: async ({ limit, offset }) => {
    const requests = await store.requests.list(limit, offset);
    return Promise.all(requests.map(async ({ id }) => ({ id, events: await store.requests.events(id) })));
  },
  events: ({ id }) => store.requests.events(id),
  person: async ({ id }) => ({ name: (await store.people.get(id))?.name ?? null }),
  head: async () => {
    const { seq, hash } = await store.auditLog.head();
    return { seq, hash };
  },
  lines: ({ after, limit }) => store.auditLog.lines(after, limit),
  derived: () => store.auditLog.derived(),
  // Ids come unchecked from chain entries; an impossible id has no texts.
  texts: ({ requests }) => store.auditLog.textsOf(requests as RequestId[]),
  resume: async ({ by }) => {
    const actor = operatorActor(by);
    // The date ahead identifies the event, so the current time doesn't matter.
    const decided = (request: Request | null, ahead: string) =>
      decide(request, { do: 'set-clock-right', actor, ahead }, new Date(ahead));
    return resultOf(await store.auditLog.resume(decided));
  },
  askAgain: async ({ witness, by }) => ({ cleared: await store.witnesses.clear(witness, by, new Date()) }),
  act: async ({ id, act: wanted }) => resultOf(await act(store, id, wanted)),
});
