/** Prefetches what the answer to a click shows, while the decision is being stored. Used for that click only. */
import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { People, PostedCards } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { peopleOfStop } from '../cards/views/stop-view.ts';

/** Names, and locations of the request's cards. */
export interface CardReads {
  readonly people: Pick<People, 'among'>;
  readonly shown: Pick<PostedCards, 'of'>;
}

/**
 * `coming`: the request before the decision. `by`: the person who clicked. Other people are read when they are needed.
 */
export function prefetch({ people, shown }: CardReads, coming: Promise<Request | null>, by: PersonId): CardReads {
  const reading = coming.then(async (request) => {
    if (request === null) return null;
    const ids = [...new Set([...peopleIn(request), by])];
    const [known, cards] = await Promise.all([people.among(ids), shown.of(request.id)]);
    return { ids: new Set(ids), known, id: request.id, cards };
  });
  // Callers that await it get the error. A refused click doesn't await it.
  reading.catch(() => undefined);
  return {
    people: {
      async among(wanted) {
        const read = await reading;
        const isRead = read !== null && wanted.every((id) => read.ids.has(id));
        return isRead ? read.known.filter(({ id }) => wanted.includes(id)) : people.among(wanted);
      },
    },
    shown: {
      async of(id: RequestId) {
        const read = await reading;
        return read?.id === id ? read.cards : shown.of(id);
      },
    },
  };
}

/** Returns the people that the request's cards name. */
export function peopleIn(request: Request): readonly PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  const taken = request.takenOn === null ? [] : [request.takenOn.by];
  const approvers = request.approvals.map((approval) => approval.by);
  return [request.requester, ...approvers, ...ended, ...peopleOfStop(request), ...taken];
}
