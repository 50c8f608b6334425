/** Who looks at a card, and how long things may take as it is drawn. */

import { defaultRetryLimits } from '../../../src/config/settings/working.ts';
import type { PersonId } from '../../../src/domain/ids.ts';
import type { CardContext, Reader, TimeLimits } from '../../../src/teams/cards/views/reader.ts';
import { outsider, secondApprover } from '../builders/commands.ts';
import { approver, requester } from '../builders/fixtures.ts';

const people: Readonly<Record<string, string>> = {
  [requester]: 'Ana',
  [approver]: 'Ben',
  [secondApprover]: 'Chris',
  [outsider]: 'Mia',
};
export const names = (id: PersonId | null): string => (id === null ? 'An operator' : (people[id] ?? 'Somebody'));

/** How long things may take, as they are drawn at a time. */
export const patienceAt = (now: string): TimeLimits => ({
  now: new Date(now),
  retry: defaultRetryLimits,
  poll: { everyMs: 5_000, atMostMs: 600_000 },
});

/** What a card is drawn with, at a time. */
export const contextAt = (now: string, reader: Reader, change: Partial<CardContext> = {}): CardContext => ({
  timeLimits: patienceAt(now),
  reader,
  names,
  awaited: '',
  addressed: [],
  userIds: [],
  paused: false,
  stepUp: false,
  ...change,
});
