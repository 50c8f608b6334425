import type { Command } from '../../../../src/domain/request/request-command.ts';
import type { Notification } from '../../../../src/teams/delivery/notifications.ts';
import { openReminders } from '../../../../src/teams/delivery/notifications.ts';
import {
  approvedBy,
  asks,
  cancels,
  changes,
  expires,
  id,
  requestAfter,
  toApproved,
  toAttention,
} from '../../../support/builders/commands.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { noon } from '../../../support/builders/plans.ts';

const hour = 3_600_000;

/** Reminders of a request after these commands, and what they notified of. An occasion that was notified of before notifies nobody. */
function opened(...commands: readonly Command[]) {
  const notified: Pick<Notification, 'occasion' | 'who'>[] = [];
  const remind = openReminders({
    requests: { load: async () => requestAfter(...commands) },
    notifications: { notify: async (_request, { occasion, who }) => void notified.push({ occasion, who }) },
    directory: { names: async () => () => 'Somebody' },
    postedCards: memoryPostedCards(),
  });
  return {
    notified,
    remind: (key: string, hours = 0) => remind(id, key, new Date(noon.getTime() + hours * hour).toISOString()),
  };
}

it('tells approvers once that they are waited for, and is done with it', async () => {
  const { remind, notified } = opened(asks());
  expect(await remind('half', 36)).toBeNull();
  expect(notified).toEqual([{ occasion: 'reminder:1:half', who: ['approvers'] }]);
});

it('is the same reminder where it has to be tried again, whatever time it is, and another one later and for another question', async () => {
  const { remind, notified } = opened(...approvedBy(approver));
  await remind('half', 36);
  await remind('half', 37);
  await remind('last', 68);
  const changed = opened(asks(), changes());
  await changed.remind('half', 36);
  expect([...notified, ...changed.notified].map(({ occasion }) => occasion)).toEqual([
    ...['reminder:1:half', 'reminder:1:half', 'reminder:1:last'],
    'reminder:2:half',
  ]);
});

it.each([
  ['decided', toApproved],
  ['cancelled', [asks(), cancels()]],
  ['expired', [asks(), expires]],
  ['stuck', toAttention],
])('nobody is reminded to decide on what is %s', async (_what, commands) => {
  const { remind, notified } = opened(...commands);
  expect([await remind('half', 36), await remind('last', 68)]).toEqual([null, null]);
  expect(notified).toEqual([]);
});

it('what needs attention is brought up once a day, and not where it does not any more', async () => {
  const { remind, notified } = opened(...toAttention);
  expect(await remind('attention', 24)).toEqual({ afterMs: 24 * hour });
  await remind('attention', 25);
  await remind('attention', 48);
  const occasions = [1, 1, 2].map((day) => `reminder:8:${day}`);
  expect(notified.map(({ occasion, who }) => `${occasion} ${who}`)).toEqual(
    occasions.map((one) => `${one} requester,operators`),
  );
  const waiting = opened(asks());
  expect(await waiting.remind('attention', 24)).toBeNull();
  expect(waiting.notified).toEqual([]);
});
