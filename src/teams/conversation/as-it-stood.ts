/**
 * The request that was clicked on, read while the directory is asked who clicks. Who is turned away learns nothing of it, and
 * what is decided upon is known to be the newest when it is stored (docs/decisions/0054).
 */
import type { ActionPorts } from '../../actions/action.ts';
import { RequestId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import type { CardClick } from './activity.ts';

export interface ReadBeside extends Pick<ActionPorts, 'asItStood'> {
  /** Begins to read, once it is known that somebody of this tenant clicks. */
  begin(): void;
}

/** `click`: null where it is none. */
export function readBeside(requests: Pick<Requests, 'load'>, click: CardClick | null): ReadBeside {
  const isOnRequest = click?.action.verb.startsWith('request.') === true;
  const clicked = isOnRequest ? RequestId.safeParse(click.action.data.requestId).data : undefined;
  let reading: Promise<Request | null> | null = null;
  return {
    begin() {
      if (clicked === undefined) return;
      reading = requests.load(clicked);
      // Whoever is turned away does not wait for it; who waits for it hears what went wrong.
      reading.catch(() => undefined);
    },
    asItStood: (id) => (id === clicked && reading !== null ? reading : requests.load(id)),
  };
}
