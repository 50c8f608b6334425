/** Rows of lists of requests. */

import type { Request } from '../../../domain/request/request.ts';
import { operationOf } from '../../../operations/registry.ts';
import { fromNow } from '../../../text/instants.ts';
import type { ListRow } from '../data/lists.ts';
import { coloured, grey, marks, personMark } from '../data/row.ts';
import type { Directory } from '../directory.ts';
import { label, md, plain } from '../plain-text.ts';
import { stateLineOf } from './state-line.ts';

const stateMarks: Record<Request['state'], keyof typeof marks> = {
  'awaiting-approval': 'idle',
  approved: 'now',
  running: 'now',
  'needs-attention': 'alarm',
  succeeded: 'done',
  failed: 'idle',
  rejected: 'idle',
  cancelled: 'idle',
  expired: 'idle',
};

/** `decidable`: true if the reader can decide on it. */
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
        ? plain<string>(fromNow(request.policy.expiresAt, now))
        : plain<string>(fromNow(request.changedAt, now));
    const { color } = mayDecide ? { color: 'Accent' as const } : stateLineOf(request);
    const words = mayDecide ? 'Needs your approval' : stateLineOf(request).text;
    return {
      ...(mayDecide ? personMark : marks[stateMarks[request.state]]),
      name: plain(request.resourceName),
      lines: [
        color === 'Default' ? grey(plain(words)) : coloured(plain(words), color),
        grey(
          md`${plain<string>(operationOf(request.plan.wish).words.action)}, requested by ${plain(names(request.requester))}`,
        ),
        grey(md`${plain<string>(request.id)}  ·  ${at}`),
      ],
      requestId: request.id,
      revision: request.asking,
      button: label(mayDecide ? 'Review' : 'Open'),
    };
  });
}
