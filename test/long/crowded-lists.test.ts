import { crowd, fillRecord, waiting } from '../support/teams/crowded.ts';
import { scenario } from '../support/world/scenario.ts';
import { untilMended } from '../support/world/story.ts';

const world = scenario({ own: {} });
beforeAll(async () => {
  await fillRecord(world, 40);
});

it('a person who asks for two hundred lists at once is given a few, and holds up nobody’s click', async () => {
  const asked = await waiting(world);
  // Teams keeps hold of each card that is posted: a list, and nothing that the click waits for.
  const posting = { method: 'POST', url: 'activities' };
  await world.teams.call('POST', '/simulator/faults', { match: posting, ...untilMended, times: 1_000 });
  const mend = () => world.teams.call('DELETE', '/simulator/faults');
  const { answer, listsBefore, lists, refused } = await crowd(world, 200, asked, mend);
  expect(answer).toContain('Rejected');
  // A list counts as five clicks, of which a person may make two hundred at once, and twenty a second.
  expect(refused).toBeGreaterThan(100);
  expect(lists + refused).toBe(200);
  expect(listsBefore).toBe(0);
});
