/** Implements the calls with the database. */

import type { RequestId } from '../../domain/ids.ts';
import type { WitnessBook } from '../../domain/ports/published-log.ts';
import type { Appended, People, Requests } from '../../domain/ports/store.ts';
import type { ChainLine, Derived } from '../../domain/record/chain.ts';
import { decide } from '../../domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../domain/request/events.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Decision } from '../../domain/request/request-command.ts';
import type { Act, ActResult, Records } from './calls.ts';

/** Required parts of the store. */
export interface RecordStore {
  readonly requests: Pick<Requests, 'append' | 'events' | 'list' | 'load'>;
  readonly people: Pick<People, 'get'>;
  readonly witnesses: Pick<WitnessBook, 'clear'>;
  readonly trail: {
    head(): Promise<{ readonly seq: number; readonly hash: string }>;
    lines(after: number | null, limit: number): Promise<readonly ChainLine[]>;
    derived(): Promise<Derived>;
    textsOf(ids: readonly RequestId[]): Promise<readonly Awaited<ReturnType<Records['texts']>>[number][]>;
    /** Like `append`, and destroys all earlier texts of the request with their salts in the same transaction. */
    erase: Requests['append'];
    resume(decide: (request: Request | null, ahead: string) => Decision): Promise<Appended | Refusal>;
  };
}

/** Returns the revision of the last event with a text, erased or not. */
const lastTextRevision = (events: readonly StoredEvent[]): number =>
  events.findLast((event) => Object.keys(event.texts).length > 0)?.revision ?? 0;

/** Carries out an action. The cause makes it idempotent; after newer texts, erasing is a new action. */
async function act(store: RecordStore, id: RequestId, act: Act): Promise<Appended | Refusal> {
  const request = await store.requests.load(id);
  if (request === null) return refuse('unknown-request', id);
  const actor = operatorActor(act.by);
  if (act.verb === 'erase') {
    const cause = `cli:erase:${lastTextRevision(await store.requests.events(id))}`;
    const command = { do: 'erase-texts', actor, reason: act.reason } as const;
    return store.trail.erase(id, cause, (now, at) => decide(now, command, at));
  }
  const { asking } = request;
  const common = { by: null, actor, asking, standing: 'no', requesterStanding: 'no' } as const;
  const command =
    act.verb === 'give-up' ? { ...common, do: act.verb, comment: act.reason } : { ...common, do: act.verb };
  return store.requests.append(id, `cli:${act.verb}:${asking}`, (now, at) => decide(now, command, at));
}

function resultOf(answer: Appended | Refusal): ActResult {
  if (answer.kind === 'refused') return answer;
  const [event] = answer.events;
  if (event === undefined) throw new Error('an operator’s act was accepted without an event');
  return { kind: 'accepted', event: { ...event, texts: { ...event.texts } }, replay: answer.replay };
}

const copyOf = (events: readonly StoredEvent[]) => events.map((event) => ({ ...event, texts: { ...event.texts } }));

export const recordsOf = (store: RecordStore): Records => ({
  page: async ({ limit, offset }) => {
    const requests = await store.requests.list(limit, offset);
    return Promise.all(requests.map(async ({ id }) => ({ id, events: copyOf(await store.requests.events(id)) })));
  },
  events: async ({ id }) => copyOf(await store.requests.events(id)),
  person: async ({ id }) => ({ name: (await store.people.get(id))?.name ?? null }),
  head: async () => {
    const { seq, hash } = await store.trail.head();
    return { seq, hash };
  },
  lines: async ({ after, limit }) => [...(await store.trail.lines(after, limit))],
  derived: () => store.trail.derived(),
  // Ids come unchecked from chain entries; an impossible id has no texts.
  texts: async ({ requests }) => [...(await store.trail.textsOf(requests as RequestId[]))],
  resume: async ({ by }) => {
    const actor = operatorActor(by);
    // The date ahead identifies the event, so the current time doesn't matter.
    const decided = (request: Request | null, ahead: string) =>
      decide(request, { do: 'set-clock-right', actor, ahead }, new Date(ahead));
    return resultOf(await store.trail.resume(decided));
  },
  askAgain: async ({ witness, by }) => ({ cleared: await store.witnesses.clear(witness, by, new Date()) }),
  act: async ({ id, act: wanted }) => resultOf(await act(store, id, wanted)),
});
