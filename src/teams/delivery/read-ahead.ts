/**
 * What the answer to a click says beside the request, read while the decision is stored: neither has to wait for the other. Read
 * after the click came, and for it alone.
 */
import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { People, PostedCards } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { peopleIn } from './people-in.ts';

/** Names, and where the request's cards stand. */
export interface Beside {
  readonly people: Pick<People, 'among'>;
  readonly shown: Pick<PostedCards, 'of'>;
}

/**
 * `coming`: the request as it stood before; `by`: who clicked, and comes up in what is stored. Whoever else does is read when they
 * are asked for.
 */
export function readAhead({ people, shown }: Beside, coming: Promise<Request | null>, by: PersonId): Beside {
  const reading = coming.then(async (request) => {
    if (request === null) return null;
    const ids = [...new Set([...peopleIn(request), by])];
    const [known, cards] = await Promise.all([people.among(ids), shown.of(request.id)]);
    return { ids: new Set(ids), known, id: request.id, cards };
  });
  // Whoever asks for it hears what went wrong; a refusal asks for nothing.
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
