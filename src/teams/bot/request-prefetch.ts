/**
 * Prefetches the request of a click while the directory is asked about the person.
 * Reads the request, and then its requester's groups and its resource's tags if the action needs them. A refused person
 * gets none of it. The decision doesn't depend on it: `append` reads the request again, under the lock.
 */

import type { ClickRoleChecks } from '../../authorization/role-checks.ts';
import { RequestId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ActionPorts } from '../../operations/actions/action.ts';
import { actions } from '../../operations/actions/registry.ts';
import type { CardClick } from './activity.ts';

export function openRequestPrefetch(
  requests: Pick<Requests, 'load'>,
  { askAlso, lookAt }: Pick<ClickRoleChecks, 'askAlso' | 'lookAt'>,
  click: CardClick | null,
): Pick<ActionPorts, 'loadSnapshot'> & { begin(): void } {
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
    /** Starts, once the sender is known to be of this tenant. */
    begin() {
      if (clicked === undefined) return;
      reading = requests.load(clicked);
      // A refused click doesn't await it; a caller that does gets the error.
      reading.then(prefetch, () => undefined);
    },
    loadSnapshot: (id) => (id === clicked && reading !== null ? reading : requests.load(id)),
  };
}
