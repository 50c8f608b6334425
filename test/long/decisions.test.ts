import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import type { BotAnswer, JsonObject, SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  buttonData,
  cardsAbout,
  choices,
  people,
  places,
  rememberAzure,
  requestIdIn,
  shows,
  typeAll,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

// The last tests shift the clock, which a server has for itself.
const world = scenario({ own: { record: 'folder' } });
let putBack: () => Promise<void>;
beforeAll(async () => {
  putBack = await rememberAzure(world);
});
const clock = shiftedClock();
afterAll(() => clock.remove());

const accepting = { acknowledgeIrreversible: 'true' };
const click = (person: string, card: SeenActivity, verb: string, inputs: JsonObject = {}, data: JsonObject = {}) =>
  world.teams.click(person, card.id, verb, { inputs, data });
const statusCard = (id: string, words = /Waiting for approval/) =>
  shows(world, places.operations, people.requester, id, words);

/** The state line and every card in both places. */
async function endsAs(id: string, words: RegExp): Promise<void> {
  await statusCard(id, words);
  await shows(world, places.approvals, people.approver, id, words);
}

describe('cards of a request that were tampered with', () => {
  let card: SeenActivity;
  let data: JsonObject;
  let id = '';

  beforeAll(async () => {
    id = await ask(world);
    card = await approvalCard(world, id);
    data = buttonData({ status: 200, body: card } as BotAnswer, 'request.approve');
  });

  test.each([
    ['another request', { requestId: 'CMK-000000' }, 'There is no request CMK-000000.'],
    ['a request id that is none', { requestId: 'cmk-1; drop table' }, 'There is no request'],
    ['no request id', { requestId: null }, 'malformed'],
    ['a negative revision', { revision: -1 }, 'out of date'],
    ['a revision to come', { revision: 2 }, 'out of date'],
    ['a huge revision', { revision: Number.MAX_SAFE_INTEGER }, 'out of date'],
    ['a fraction as revision', { revision: 1.5 }, 'out of date'],
    ['a text as revision', { revision: '1' }, 'out of date'],
    ['no tick but a truth', { acknowledgeIrreversible: true }, 'Not approved yet.'],
    ['no tick but a list', { acknowledgeIrreversible: ['true'] }, 'Not approved yet.'],
    ['somebody else’s name', { by: people.secondApprover, acknowledgeIrreversible: 'false' }, 'Not approved yet.'],
    ['a comment that is too long', { ...accepting, comment: 'x'.repeat(501) }, 'The comment is too long.'],
    ['a comment of thousands', { ...accepting, comment: 'x'.repeat(50_000) }, 'The comment is too long.'],
  ])('with %s approve nothing', async (_what, changes, words) => {
    const answer = await click(people.approver, card, 'request.approve', {}, { ...data, ...changes });
    expect(answered(answer)).toContain(words);
    expect(activityText(await approvalCard(world, id))).toContain('Needs approval: 0 of 1');
  });

  test.each([
    ['the verb of a form', 'form.submit', 'names no form'],
    ['retry where nothing failed', 'request.retry', 'no longer needs attention'],
    ['giving up where nothing failed', 'request.give-up', 'no longer needs attention'],
    ['a verb nobody knows', 'request.force', 'Nothing is done by'],
    ['cancelling by an approver', 'request.cancel', 'This isn’t your request.'],
  ])('%s changes nothing', async (_what, verb, words) => {
    expect(answered(await click(people.approver, card, verb, {}, data))).toContain(words);
    expect(activityText(await approvalCard(world, id))).toContain('Needs approval: 0 of 1');
  });

  test('the data of another request does not put that request in place of this one', async () => {
    const other = await ask(world, choices.policies);
    const otherCard = await approvalCard(world, other);
    const otherData = buttonData({ status: 200, body: otherCard }, 'request.reject');
    expect(answered(await click(people.approver, card, 'request.refresh', {}, otherData))).toContain(other);
    expect(
      answered(await click(people.approver, card, 'request.reject', { reason: 'Not this one' }, otherData)),
    ).toContain('Rejected');
    await endsAs(other, /Rejected/);
    const seen = await world.teams.activities(places.approvals, people.secondApprover);
    expect(activityText(seen.find((one) => one.id === card.id) ?? card)).toContain(id);
  });

  test('the requester cancels, and nobody can approve or cancel after that', async () => {
    const status = await statusCard(id);
    expect(answered(await click(people.requester, status, 'request.cancel'))).toContain('Canceled');
    expect(answered(await click(people.approver, card, 'request.approve', accepting, data))).toContain('has ended');
    await endsAs(id, /Canceled/);
    expect(await writes(world)).toEqual([]);
  });
});

describe('two at the same time', () => {
  test('two approvers: one of them counts, and the plan runs once', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const answers = await Promise.all([people.approver, people.secondApprover].map((one) => approve(world, one, card)));
    expect(answers.filter((one) => answered(one).includes('Approved: 1 of 1')).length).toBeGreaterThanOrEqual(1);
    await endsAs(id, /Succeeded/);
    expect(await writes(world, from)).toHaveLength(4);
    await putBack();
  });

  test.each([1, 2, 3])('an approval and a rejection: exactly one outcome (%s)', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await Promise.all([
      approve(world, people.approver, card),
      click(people.secondApprover, card, 'request.reject', { comment: 'No' }),
    ]);
    const end = await statusCard(id, /Succeeded|Rejected/);
    const succeeded = /Succeeded/.test(activityText(end));
    await endsAs(id, succeeded ? /Succeeded/ : /Rejected/);
    expect(await writes(world, from)).toHaveLength(succeeded ? 4 : 0);
    await putBack();
  });

  test('a form submitted twice at once makes one request', async () => {
    const form = await typeAll(world);
    const data = buttonData({ status: 200, body: form } as BotAnswer, 'form.submit');
    const inputs = { justification: 'twice', acknowledgeDataLoss: 'true' };
    const answers = await Promise.all([1, 2, 3].map(() => click(people.requester, form, 'form.submit', inputs, data)));
    const ids = new Set(answers.map((one) => requestIdIn(answered(one))));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    await statusCard(id);
    expect(await cardsAbout(world, places.operations, people.requester, id)).toHaveLength(1);
    await click(people.requester, await statusCard(id), 'request.cancel');
    await endsAs(id, /Canceled/);
  });

  test('two people asking for the same agent: one request is made, and the other is told of it', async () => {
    const forms = [await typeAll(world), await typeAll(world, choices.first, places.group)];
    const ids = await Promise.all(
      forms.map(async (form) => {
        const inputs = { justification: 'mine', acknowledgeDataLoss: 'true' };
        return answered(await click(people.requester, form, 'form.submit', inputs));
      }),
    );
    const made = ids.filter((words) => words.includes('Waiting for approval'));
    expect(made).toHaveLength(1);
    const id = requestIdIn(made[0] ?? '');
    expect(ids.find((words) => !words.includes('Waiting for approval'))).toContain(
      `Request ${id} is open for this agent.`,
    );
    const third = await typeAll(world);
    expect(activityText(third)).toContain(`Request ${id} is open for this agent.`);
    const place = forms.length > 0 && ids[0]?.includes('Waiting for approval') ? places.operations : places.group;
    const status = await shows(world, place, people.requester, id, /Waiting for approval/);
    await click(people.requester, status, 'request.cancel');
    await shows(world, place, people.requester, id, /Canceled/);
  });
});

describe('the policy', () => {
  test('a request that nobody decides on in time expires, and frees the agent', async () => {
    await world.restartBot('SIGINT', { CMK_APPROVAL_EXPIRY: '10s' });
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const data = buttonData({ status: 200, body: card } as BotAnswer, 'request.approve');
    await endsAs(id, /Expired/);
    expect(answered(await click(people.approver, card, 'request.approve', accepting, data))).toContain('has ended');
    expect(activityText(await typeAll(world))).not.toContain('is open for this agent');
  });

  test('where two have to agree, the same person cannot agree twice', async () => {
    await world.restartBot('SIGINT', { CMK_APPROVALS_REQUIRED: '2' });
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const first = answered(await approve(world, people.approver, card));
    expect(first).toContain('1 of 2');
    expect(answered(await approve(world, people.approver, card))).toBe(first);
    const inChat = await shows(world, `a:${people.approver}`, people.approver, id, /Needs approval: 1 of 2/);
    expect(answered(await approve(world, people.approver, inChat))).toContain('Needs approval: 1 of 2');
    const updated = await shows(world, places.approvals, people.secondApprover, id, /Needs approval: 1 of 2/);
    expect(answered(await approve(world, people.approver, updated))).toMatch(/1 of 2|already/);
    expect(answered(await approve(world, people.secondApprover, updated))).toContain('Approved: 2 of 2');
    await endsAs(id, /Succeeded/);
    await putBack();
  });

  test('where nobody is configured nobody can approve, and the cards say which setting is empty', async () => {
    await world.restartBot('SIGINT', { CMK_APPROVERS: '' });
    const id = await ask(world);
    const card = await approvalCard(world, id);
    expect(activityText(await statusCard(id)).replaceAll('\\', '')).toContain('CMK_APPROVERS is empty');
    expect(answered(await approve(world, people.approver, card))).toContain('CMK_APPROVERS is empty');
    await click(people.requester, await statusCard(id), 'request.cancel');
    await endsAs(id, /Canceled/);
  });
});

describe('a start that is put off', () => {
  const dayMs = 86_400_000;
  const dayIn = (days: number): string => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);
  const toNoonIn = (days: number): number => Date.parse(`${dayIn(days)}T12:00:00Z`) - Date.now();

  beforeAll(() => world.restartBot('SIGINT'));

  test('has to be a day and a time to come, and what was chosen stays on the form', async () => {
    const form = await typeAll(world);
    const inputs = { justification: 'In the night', acknowledgeDataLoss: 'true' };
    const half = await click(people.requester, form, 'form.submit', { ...inputs, startDay: dayIn(2) });
    expect(answered(half)).toContain('A start needs a date and a time.');
    expect(JSON.stringify(half.body)).toContain(`"value":"${dayIn(2)}"`);
    const passed = await click(people.requester, form, 'form.submit', {
      ...inputs,
      startDay: dayIn(-1),
      startTime: '02:00',
    });
    expect(answered(passed)).toContain('That start is in the past.');
    await click(people.requester, form, 'form.cancel');
  });

  test('an approver puts it off further; nothing is changed until then, also over a restart; then it runs', async () => {
    await putBack();
    const from = (await world.azureRequests()).length;
    const inputs = {
      justification: 'In the night',
      acknowledgeDataLoss: 'true',
      startDay: dayIn(2),
      startTime: '02:00',
    };
    const id = requestIdIn(answered(await click(people.requester, await typeAll(world), 'form.submit', inputs)));
    const card = await approvalCard(world, id);
    expect(activityText(card)).toMatch(/Starts at .+ or later/);
    const later = { ...accepting, startDay: dayIn(3), startTime: '03:30' };
    expect(answered(await click(people.approver, card, 'request.approve', later))).toContain(
      'the bot checks everything again and then starts the changes.',
    );
    await endsAs(id, /starts later|then starts the changes/);
    // To a time between the two starts, and then to one behind both: whatever the hour is now.
    clock.shift(toNoonIn(2));
    await world.restartBot('SIGKILL', clock.env);
    await statusCard(id, /Approved, starts later/);
    expect(await writes(world, from)).toEqual([]);
    clock.shift(toNoonIn(3));
    await world.restartBot('SIGKILL', clock.env);
    await statusCard(id, /Succeeded/);
    expect(await writes(world, from)).toHaveLength(4);
  });
});

test('the record verifies, and the log tells nothing of what people wrote', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
  expect(world.printed()).not.toMatch(/unhandled|unexpected error|twice|local-bot|xxxx/i);
});
