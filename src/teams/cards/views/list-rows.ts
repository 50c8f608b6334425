/** Rows of lists of requests. */

import type { Request } from '../../../domain/request/request.ts';
import { fromNow } from '../../../text/instants.ts';
import type { ListRow } from '../data/list.ts';
import { coloured, grey, marks } from '../data/row.ts';
import type { Directory } from '../directory.ts';
import { dateAndTime, label, md, plain } from '../plain-text.ts';
import { stateLineOf } from './state-line.ts';

const stateMarks: Record<Request['state'], keyof typeof marks> = {
  'awaiting-approval': 'idle',
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

/** `decidable`: whether the reader may decide on it. */
export async function requestRows(
  requests: readonly Request[],
  directory: Directory,
  now: Date,
  decidable: (request: Request) => boolean = () => false,
): Promise<readonly ListRow[]> {
  const names = await directory.names(requests.map((request) => request.requester));
  return requests.map((request): ListRow => {
    const mayDecide = decidable(request);
    const at =
      request.state === 'awaiting-approval'
        ? md`until ${dateAndTime(new Date(request.policy.expiresAt))}, ${plain<string>(fromNow(request.policy.expiresAt, now))}`
        : md`${dateAndTime(new Date(request.changedAt))}, ${plain<string>(fromNow(request.changedAt, now))}`;
    const { color } = mayDecide ? { color: 'Accent' as const } : stateLineOf(request);
    const words = mayDecide ? 'Waits for you' : stateWords(request);
    return {
      ...marks[mayDecide ? 'now' : stateMarks[request.state]],
      name: plain(request.resourceName),
      lines: [
        color === 'Default' ? grey(plain(words)) : coloured(plain(words), color),
        grey(md`${plain<string>(request.id)}  ·  ${plain(names(request.requester))}, ${at}`),
      ],
      requestId: request.id,
      revision: request.asking,
      button: label(mayDecide ? 'Decide' : 'Open'),
    };
  });
}
