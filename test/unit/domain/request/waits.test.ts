import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { type Waits, waitsAfter } from '../../../../src/domain/request/waits.ts';
import { requester } from '../../../support/fixtures.ts';
import {
  asks,
  attention,
  checks,
  eventsAfter,
  id,
  intends,
  settles,
  toAttention,
  toSucceeded,
} from '../../support/commands.ts';

const ofState = (state: Request['state'] | undefined): Waits =>
  state === 'needs-attention' ? 'attention' : state === 'awaiting-approval' ? 'approval' : 'nobody';

it.each([
  ['asked', [asks()]],
  ['succeeds', toSucceeded.slice(0, -1)],
  ['is retried', [...toAttention, settles('retry', requester, { asking: attention }), checks({ run: 2 }), intends(2)]],
])('a request that %s waits, after each of its events, for whom its state says', (_what, commands) => {
  const events = eventsAfter(...commands);
  const seen: Waits[] = [];
  for (const { body } of events) seen.push(waitsAfter(seen.at(-1) ?? 'nobody', body.type));
  const folded = events.map((_event, index) => ofState(fold(id, events.slice(0, index + 1))?.state));
  expect(seen).toEqual(folded);
});
