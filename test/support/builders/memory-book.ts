/** What random lives are led through where no store is tested. */
import type { RequestId } from '../../../src/domain/ids.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { memoryRequests } from './memory-requests.ts';
import type { Book } from './model-turns.ts';
import { noon } from './plans.ts';

interface MemoryBook extends Book {
  /** Everything stored, over all requests, oldest first. */
  readonly written: () => readonly (StoredEvent & { readonly requestId: RequestId })[];
}

/** `onStored`: is given a request whenever an attempt stored something of it. */
export function memoryBook(onStored: (request: Request) => void = () => undefined): MemoryBook {
  let clock = noon;
  let latest = 0;
  const requests = memoryRequests(() => new Date(Math.max(clock.getTime(), latest)));
  return {
    async append(id, cause, command, now) {
      clock = now;
      const outcome = await requests
        .append(id, cause, (request, at) => decide(request, command, at))
        .catch((error: Error) => error);
      latest = Math.max(latest, Date.parse(requests.all().at(-1)?.time ?? new Date(0).toISOString()));
      if ('replay' in outcome && !outcome.replay && outcome.events.length > 0) onStored(outcome.request);
      return outcome;
    },
    events: requests.events,
    state: async (id) => fold(id, await requests.events(id))?.state ?? null,
    written: requests.all,
  };
}
