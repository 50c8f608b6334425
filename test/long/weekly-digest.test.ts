import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clientsOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner } from '../support/azure/local-azure-names.ts';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  until,
} from '../support/world/story.ts';

/** The weekly digest: one post each week, whatever restarts, which says what changed and what is open. */

const day = 24 * 3_600_000;
const clock = shiftedClock();
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** The day of the first digest is over when the clock is two days ahead. */
const tomorrow = weekdays[new Date(Date.now() + day).getUTCDay()];
const env = { ...clock.env, CMK_DIGEST: tomorrow ?? '', CMK_WATCH_INTERVAL: '1s' };
// The embedded database has the clock of its process.
const world = scenario({ own: { record: 'folder', env } });

const digests = async (): Promise<readonly SeenActivity[]> =>
  (await world.teams.activities(places.operations, people.requester)).filter(
    (one) => cardOf(one) !== undefined && activityText(one).includes('Customer-managed keys from '),
  );
const posted = (count: number) =>
  until(async () => (await digests()).length >= count, `digest ${count} is posted`, 60_000);
/** Stored, too: killed between both, it's posted again rather than not at all. */
const killed = async (): Promise<void> => {
  await pause(2_000);
  await world.restartBot('SIGKILL');
  // Longer than from one look to the next.
  await pause(12_000);
};
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  const id = await ask(world, choices.first);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  await writeAgent(clientsOf(world.azure, owner), agentId(choices.first.agent), {
    properties: { keyVaultProperties: null },
  });
  await shows(world, places.operations, people.requester, 'DRIFT-', /The customer-managed key was removed/);
}, 300_000);
afterAll(() => clock.remove());

test('it waits for its day, then says what changed, what is open, what expires and what is published', async () => {
  expect(await digests()).toEqual([]);
  clock.shift(2 * day);
  await posted(1);
  const text = activityText((await digests())[0] ?? ({} as SeenActivity));
  for (const said of [
    '1 agent has an approved customer-managed key. 1 agent isn’t as approved.',
    'Requests succeeded: 1 (before: 0)',
    'Differences found in Azure: 1 (before: 0)',
    `New under an approved key: ${choices.first.agent}`,
    `Not as approved now: ${choices.first.agent} (key removed, open for `,
    `Next to expire, as approved: ${choices.first.agent} on `,
    'The last checkpoint covers ',
    'No witness is configured.',
  ])
    expect(text).toContain(said);
}, 120_000);

test('it is posted once, also after a restart, and again in the next week', async () => {
  await killed();
  expect(await digests()).toHaveLength(1);
  clock.shift(8.5 * day);
  await posted(2);
  await killed();
  const all = await digests();
  expect(all).toHaveLength(2);
  expect(activityText(all[1] ?? ({} as SeenActivity))).toContain('Nothing changed in these days.');
}, 180_000);
