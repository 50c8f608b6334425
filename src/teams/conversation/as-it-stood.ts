/**
 * What a click on a request rests on, begun while the directory is asked who clicks: the request is read, and where it has to be
 * known whether its requester still may, they are asked about in the same call; tags are looked at as soon as it is known whose.
 * Who is turned away learns nothing of it, and what is decided upon is known to be the newest when it is stored
 * (docs/decisions/0054).
 */
import type { ActionPorts } from '../../actions/action.ts';
import { actions } from '../../actions/registry.ts';
import type { ClickStandings } from '../../authorization/who-may.ts';
import { RequestId } from '../../domain/ids.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import type { CardClick } from './activity.ts';

export interface ReadBeside extends Pick<ActionPorts, 'asItStood'> {
  /** Begins, once it is known that somebody of this tenant clicks. */
  begin(): void;
}

/** `click`: null where it is none. */
export function readBeside(
  requests: Pick<Requests, 'load' | 'askedBy'>,
  { askAlso, lookAt }: Pick<ClickStandings, 'askAlso' | 'lookAt'>,
  click: CardClick | null,
): ReadBeside {
  const verb = click?.action.verb ?? '';
  const clicked = verb.startsWith('request.') ? RequestId.safeParse(click?.action.data.requestId).data : undefined;
  const restsOn = actions.find((action) => action.verb === verb)?.restsOn;
  let reading: Promise<Request | null> | null = null;

  async function askAboutRequester(id: RequestId): Promise<void> {
    const person = await requests.askedBy(id);
    if (person !== null) askAlso(person);
  }

  return {
    begin() {
      if (clicked === undefined) return;
      reading = requests.load(clicked);
      // Whoever is turned away does not wait for it; who waits for it hears what went wrong.
      reading.then(
        (request) => request !== null && restsOn !== undefined && lookAt(request),
        () => undefined,
      );
      if (restsOn === 'both') void askAboutRequester(clicked).catch(() => undefined);
    },
    asItStood: (id) => (id === clicked && reading !== null ? reading : requests.load(id)),
  };
}
