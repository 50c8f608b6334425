/** Answers the calls from the store. */

import type { RequestId } from '../../domain/ids.ts';
import type { Appended, People, Requests } from '../../domain/ports/store.ts';
import type { WitnessBook } from '../../domain/ports/witnesses.ts';
import type { ChainLine } from '../../domain/record/chain.ts';
import type { Derived } from '../../domain/record/derived.ts';
import { decide } from '../../domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../domain/request/events.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Decision } from '../../domain/request/request-command.ts';
import type { Act, Acted, Records } from './calls.ts';

/** What of the store is used. */
export interface RecordStore {
  readonly requests: Pick<Requests, 'append' | 'events' | 'list' | 'load'>;
  readonly people: Pick<People, 'get'>;
  readonly witnesses: Pick<WitnessBook, 'clear'>;
  readonly trail: {
    head(): Promise<{ readonly seq: number; readonly hash: string }>;
    lines(after: number | null, limit: number): Promise<readonly ChainLine[]>;
    derived(): Promise<Derived>;
    textsOf(ids: readonly RequestId[]): Promise<readonly Awaited<ReturnType<Records['texts']>>[number][]>;
    /** As `append`, and in the same transaction destroys every earlier text of the request with its salt. */
    erase: Requests['append'];
    resume(decide: (request: Request | null, ahead: string) => Decision): Promise<Appended | Refusal>;
  };
}

/** The last event in which somebody wrote something, erased or not. */
const lastWritten = (events: readonly StoredEvent[]): number =>
  events.findLast((event) => Object.keys(event.texts).length > 0)?.revision ?? 0;

/** The same question has the same cause, so that asking twice does it once; after newer texts erasing is another question. */
async function act(store: RecordStore, id: RequestId, act: Act): Promise<Appended | Refusal> {
  const request = await store.requests.load(id);
  if (request === null) return refuse('unknown-request', id);
  const actor = operatorActor(act.by);
  if (act.verb === 'erase') {
    const cause = `cli:erase:${lastWritten(await store.requests.events(id))}`;
    const command = { do: 'erase-texts', actor, reason: act.reason } as const;
    return store.trail.erase(id, cause, (now, at) => decide(now, command, at));
  }
  const { asking } = request;
  const common = { by: null, actor, asking, standing: 'no', requesterStanding: 'no' } as const;
  const command =
    act.verb === 'give-up' ? { ...common, do: act.verb, comment: act.reason } : { ...common, do: act.verb };
  return store.requests.append(id, `cli:${act.verb}:${asking}`, (now, at) => decide(now, command, at));
}

function acted(answer: Appended | Refusal): Acted {
  if (answer.kind === 'refused') return answer;
  const [event] = answer.events;
  if (event === undefined) throw new Error('an operator’s act was accepted without an event');
  return { kind: 'accepted', event: { ...event, texts: { ...event.texts } }, replay: answer.replay };
}

const copied = (events: readonly StoredEvent[]) => events.map((event) => ({ ...event, texts: { ...event.texts } }));

export const recordsOf = (store: RecordStore): Records => ({
  page: async ({ limit, offset }) => {
    const requests = await store.requests.list(limit, offset);
    return Promise.all(requests.map(async ({ id }) => ({ id, events: copied(await store.requests.events(id)) })));
  },
  events: async ({ id }) => copied(await store.requests.events(id)),
  person: async ({ id }) => ({ name: (await store.people.get(id))?.name ?? null }),
  head: async () => {
    const { seq, hash } = await store.trail.head();
    return { seq, hash };
  },
  lines: async ({ after, limit }) => [...(await store.trail.lines(after, limit))],
  derived: () => store.trail.derived(),
  // A line is quoted as it lies there; one of no request that could be has no texts.
  texts: async ({ requests }) => [...(await store.trail.textsOf(requests as RequestId[]))],
  resume: async ({ by }) => {
    const actor = operatorActor(by);
    // An event dated ahead is known by its date: the time at which it is said makes no difference.
    const decided = (request: Request | null, ahead: string) =>
      decide(request, { do: 'set-clock-right', actor, ahead }, new Date(ahead));
    return acted(await store.trail.resume(decided));
  },
  askAgain: async ({ witness, by }) => ({ cleared: await store.witnesses.clear(witness, by, new Date()) }),
  act: async ({ id, act: wanted }) => acted(await act(store, id, wanted)),
});
