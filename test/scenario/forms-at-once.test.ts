import type { SeenActivity } from '../support/teams/local-teams.ts';
import { cardNow } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  buttonData,
  choices,
  people,
  places,
  requestIdIn,
  shows,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** Two people fill in forms in one thread at once, and press buttons more than once. */

const world = scenario();
const { requester, approver } = people;
const both = [requester, approver];
const wanted = { [requester]: choices.first, [approver]: choices.policies };
const forms: Record<string, SeenActivity> = {};

const click = (
  person: string,
  verb: string,
  more: { inputs?: Record<string, unknown>; data?: Record<string, unknown> },
) => world.teams.click(person, forms[person]?.id ?? '', verb, more);

test('each comes to the review of what they chose', async () => {
  const typed = (person: string): string => {
    const { agent, vault, key } = wanted[person] ?? choices.first;
    return `/enable-cmk resource=${agent} vault=${vault} key=${key}`;
  };
  const root = await world.teams.say(requester, places.operations, typed(requester));
  await world.teams.say(approver, places.operations, typed(approver), root.activityId);
  for (const person of both) {
    const isReview = (one: SeenActivity): boolean => activityText(one).includes('[Submit');
    forms[person] = await world.teams.sees(root.conversationId, person, isReview);
  }
  const texts = both.map((person) => JSON.stringify(forms[person]));
  expect(texts.map((text) => [/triage-agent-prod/.test(text), /visitor-agent/.test(text)])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test('the same button pressed five times at once turns one page', async () => {
  const form = forms[requester];
  if (form === undefined) throw new Error('there is no form');
  const data = buttonData({ status: 200, body: form }, 'form.back');
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => click(requester, 'form.back', { data })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const now = await cardNow(world, form, requester, places.operations);
  expect(activityText(now)).toContain('Which key of kv-care-prod?');
});

test('both submit at once, each gets a request of their own, and the second tap of a double click the same one', async () => {
  await click(requester, 'form.existing-key', {});
  await click(requester, 'form.next', { inputs: { key: choices.first.key } });
  const unticked = await click(requester, 'form.submit', { inputs: { justification: 'Own keys' } });
  expect(answered(unticked)).toContain('Select the checkbox.');
  const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
  const ids = await Promise.all(
    both.map(async (person) => requestIdIn(answered(await click(person, 'form.submit', { inputs })))),
  );
  expect(new Set(ids).size).toBe(2);
  const data = buttonData(unticked, 'form.submit');
  expect(answered(await click(requester, 'form.submit', { data }))).toContain(ids[0]);
  for (const id of ids) await shows(world, places.operations, requester, id, /Waiting for approval/);
  const record = await readRecord(world);
  expect([...record.requests].sort()).toEqual([...ids].sort());
  expect(world.printed()).not.toMatch(/unhandled|unexpected error|Own keys/i);
});
