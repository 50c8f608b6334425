/** Rows of lists: requests, and events of one. */

import { PersonId } from '../../../domain/ids.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import type { Request } from '../../../domain/request/request.ts';
import { eventWords } from '../../../words/events.ts';
import type { Directory } from '../../posts/directory.ts';
import type { ListRow } from '../data/list.ts';
import { coloured, grey, marks } from '../data/row.ts';
import { dateAndTime, md, plain } from '../plain-text.ts';
import { stateLineOf } from './state-line.ts';

const stateMarks: Record<Request['state'], keyof typeof marks> = {
  'awaiting-approval': 'now',
  approved: 'now',
  running: 'now',
  'needs-attention': 'alarm',
  succeeded: 'done',
  failed: 'bad',
  rejected: 'bad',
  cancelled: 'idle',
  expired: 'idle',
};

/** The state without its glyph: the row has one of its own. */
const stateWords = (request: Request): string => stateLineOf(request).text.replace(/^\S+ /, '');

export async function requestRows(requests: readonly Request[], directory: Directory): Promise<readonly ListRow[]> {
  const names = await directory.names(requests.map((request) => request.requester));
  return requests.map((request): ListRow => {
    const waiting = request.state === 'awaiting-approval';
    const at = waiting
      ? md`until ${dateAndTime(new Date(request.policy.expiresAt))}`
      : md`${dateAndTime(new Date(request.changedAt))}`;
    const { color } = stateLineOf(request);
    return {
      ...marks[stateMarks[request.state]],
      name: plain(request.resourceName),
      nameWeight: 'Bolder',
      lines: [
        color === 'Default' ? grey(plain(stateWords(request))) : coloured(plain(stateWords(request)), color),
        grey(md`${plain(names(request.requester))}, ${at}`),
      ],
      right: plain(request.id as string),
    };
  });
}

export async function eventRows(events: readonly StoredEvent[], directory: Directory): Promise<readonly ListRow[]> {
  const people = events.flatMap((event) => PersonId.safeParse(event.body.actor.id).data ?? []);
  const names = await directory.names(people);
  return events.map((event): ListRow => {
    // A list is posted once and never looked after: what people wrote would stay in it after its erasure.
    const words = eventWords(event, names, { texts: false });
    return {
      ...marks[words.mark],
      name: plain(words.title),
      nameWeight: 'Default',
      lines: [
        grey(dateAndTime(new Date(event.time))),
        ...(words.detail === '' ? [] : [grey(plain(words.detail, 400))]),
      ],
      right: plain<string>(String(event.seq)),
    };
  });
}
