import { fold } from '../../../../src/domain/request/evolve.ts';
import { type OpenState, openStateAfter } from '../../../../src/domain/request/request.ts';
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
} from '../../../support/builders/commands.ts';
import { requester } from '../../../support/builders/fixtures.ts';

it.each([
  ['asked', [asks()]],
  ['succeeds', toSucceeded.slice(0, -1)],
  ['is retried', [...toAttention, settles('retry', requester, { asking: attention }), checks({ run: 2 }), intends(2)]],
])('a request that %s has, after each of its events, the state that its fold says', (_what, commands) => {
  const events = eventsAfter(...commands);
  const seen: OpenState[] = [];
  for (const { body } of events) seen.push(openStateAfter(seen.at(-1) ?? 'awaiting-approval', body.type));
  const folded = events.map((_event, index) => fold(id, events.slice(0, index + 1))?.state);
  expect(seen).toEqual(folded);
});
