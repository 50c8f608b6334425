/** Implements the calls with the database. */

import { DriftId, RequestId, type StreamId } from '../../domain/ids.ts';
import type { WitnessBook } from '../../domain/ports/published-log.ts';
import type { Appended, AppendedTo, People, Requests } from '../../domain/ports/store.ts';
import type { ChainLine, Derived, RevealedText } from '../../domain/record/chain.ts';
import { decide } from '../../domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../domain/request/events.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Decision } from '../../domain/request/request-command.ts';
import { eraseNames, type ResourceWatch } from '../../domain/watch/resource-watch.ts';
import { findRequest } from '../../operations/find-request.ts';
import type { Act, ActResult, Records } from './calls.ts';

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
