/** Who looks at a card, and how long things may take as it is drawn. */

import { defaultRetryLimits } from '../../../src/config/settings/working.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { TimeLimits } from '../../../src/teams/cards/views/reader.ts';
import { approver, requester } from '../builders/fixtures.ts';

export const secondApprover = PersonId.parse('20000000-0000-4000-8000-000000000003');
const teamMember = PersonId.parse('20000000-0000-4000-8000-000000000004');
const people: Readonly<Record<string, string>> = {
  [requester]: 'Requester',
  [approver]: 'Approver',
  [secondApprover]: 'Second approver',
  [teamMember]: 'Team member',
};
export const names = (id: PersonId | null): string => (id === null ? 'An operator' : (people[id] ?? 'Somebody'));

/** How long things may take, as they are drawn at a time. */
export const patienceAt = (now: string): TimeLimits => ({
  now: new Date(now),
  retry: defaultRetryLimits,
  poll: { everyMs: 5_000, atMostMs: 600_000 },
});
