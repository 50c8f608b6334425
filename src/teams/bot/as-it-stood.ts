/**
 * Prefetch for a click on a request, while the directory is asked who clicks: reads the request, then asks for its requester's
 * groups and its resource's tags if the action needs them. A person who is turned away learns nothing of it. The decision
 * doesn't rest on it: `append` reads the request again, under the lock.
 */

import type { ClickStandings } from '../../authorization/who-may.ts';
import { RequestId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ActionPorts } from '../../operations/actions/action.ts';
import { actions } from '../../operations/actions/registry.ts';
import type { CardClick } from './activity.ts';

export interface ReadBeside extends Pick<ActionPorts, 'loadSnapshot'> {
  /** Begins, once it is known that somebody of this tenant clicks. */
  begin(): void;
}

/** `click`: null where it is none. */
export function readBeside(
  requests: Pick<Requests, 'load'>,
  { askAlso, lookAt }: Pick<ClickStandings, 'askAlso' | 'lookAt'>,
  click: CardClick | null,
): ReadBeside {
  const action = actions.find(({ verb }) => verb === click?.action.verb);
  const clicked = action === undefined ? undefined : RequestId.safeParse(click?.action.data.requestId).data;
  const required = action?.requiresStandingOf;
  let reading: Promise<Request | null> | null = null;

  function prefetch(request: Request | null): void {
    if (request === null || required === undefined) return;
    if (required === 'both') askAlso(request.requester);
    lookAt(request);
  }

  return {
    begin() {
      if (clicked === undefined) return;
      reading = requests.load(clicked);
      // Whoever is turned away does not wait for it; who waits for it hears what went wrong.
      reading.then(prefetch, () => undefined);
    },
    loadSnapshot: (id) => (id === clicked && reading !== null ? reading : requests.load(id)),
  };
}
