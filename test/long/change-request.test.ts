/** A request that its requester changes while it waits: who may, what becomes of what was said of it, and two things at once. */
import { describe, expect, test } from '@jest/globals';
import type { BotAnswer, SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  buttonData,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  type,
  until,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { takeBackEnd } from '../support/world/unended-forms.ts';
import { readRecord } from '../support/world/world.ts';

const { requester, approver, secondApprover } = people;
const { operations, approvals } = places;
const world = scenario({ own: { env: { CMK_APPROVALS_REQUIRED: '2' } }, restoresAzure: true });

const click = (person: string, card: SeenActivity, verb: string, inputs = {}, data = {}) =>
  world.teams.click(person, card.id, verb, { inputs, data });
const waits = (id: string) => shows(world, operations, requester, id, /Waiting for approval/);
/** What each request must have lived through; read from the record at the end. */
const lives = new Map<string, readonly string[]>();
const formsAbout = async (id: string): Promise<readonly SeenActivity[]> =>
  (await world.teams.activities(operations, requester)).filter((one) =>
    new RegExp(`You’re editing ${id}|is editing ${id}`).test(activityText(one)),
  );

/** The form that Change opens, on its review. */
async function changing(id: string): Promise<SeenActivity> {
  const before = new Set((await formsAbout(id)).map((one) => one.id));
  expect(answered(await click(requester, await waits(id), 'request.change'))).toBe('The form is below.');
  const isNew = (one: SeenActivity) => !before.has(one.id) && activityText(one).includes(`You’re editing ${id}`);
  return world.teams.sees(operations, requester, isNew);
}
/** The same from a card that was opened in their own chat. */
async function changingInChat(id: string): Promise<SeenActivity> {
  const chat = `a:${requester}`;
  const list = await type(world, requester, `/cmk-requests ${id}`, chat);
  await click(requester, list, 'list.open');
  const card = await world.teams.sees(chat, requester, (one) => /Send reminder/.test(JSON.stringify(one.attachments)));
  await click(requester, card, 'request.change');
  return world.teams.sees(chat, requester, (one) => activityText(one).includes(`You’re editing ${id}`));
}
let late = '';
const submits = (form: SeenActivity, justification: string, data = {}) =>
  click(requester, form, 'form.submit', { justification, acknowledgeDataLoss: 'true' }, data);
/** The agent is free again. What stood on the card before the change is refused. */
const cancels = (id: string) =>
  until(async () => {
    const card = await shows(world, operations, requester, id, /Waiting/);
    return answered(await click(requester, card, 'request.cancel')).includes('Canceled');
  }, 'the request is cancelled');

describe('two things at once', () => {
  test('the last approval and a change: one is stored, the other is told that it came too late', async () => {
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await approve(world, approver, card);
    const form = await changing(id);
    // Azure is looked at before a change is stored: the approval comes in between.
    await faultAzure(world, { match: { method: 'GET', url: 'vaults/kv-care-prod\\?' }, ...untilMended });
    const submitting = submits(form, 'For the audit');
    await untilFaultsAreMet(world);
    await faultAzure(world, { match: { method: 'GET', url: 'healthBots/triage-agent-prod\\?' }, ...untilMended });
    await approve(world, secondApprover, card);
    await mendAzure(world);
    const answer = answered(await submitting);
    const seen = answer.includes('still looking') ? activityText(await settledForm(form)) : answer;
    expect(seen).toContain('no longer waits for approval');
    late = id;
    await shows(world, operations, requester, id, /Succeeded/);
  });

  test('of two forms the first that is submitted is stored, and the other says why it is not', async () => {
    const id = await ask(world, choices.policies);
    const one = await changing(id);
    const second = await changingInChat(id);
    const answers = await Promise.all([submits(one, 'For the audit'), submits(second, 'For the contract')]);
    const told = answers.map(answered);
    expect(told.filter((words) => words.includes('Edited'))).toHaveLength(1);
    expect(told.filter((words) => words.includes('was edited in the meantime'))).toHaveLength(1);
    lives.set(id, ['submitted', 'request-changed']);
    await cancels(id);
  });

  test('one form submitted three times, or again after its answer was lost, changes once', async () => {
    const id = await ask(world, choices.policies);
    const form = await changing(id);
    const data = buttonData({ status: 200, body: form.attachments } as BotAnswer, 'form.submit');
    const answers = await Promise.all([1, 2, 3].map(() => submits(form, 'For the audit', data)));
    for (const answer of answers) expect(answered(answer)).toContain('Edited');
    // The process ended after the change was stored and before the form was.
    await world.endBot('SIGINT');
    expect(await takeBackEnd(world, id, true)).toHaveLength(1);
    await world.startBot();
    const { revision } = data;
    const again = { ...data, revision: Number(revision) + 1 };
    expect(answered(await submits(form, 'For the audit', again))).toContain('Edited');
    lives.set(id, ['submitted', 'request-changed']);
    await cancels(id);
  });
});

const settledForm = (form: SeenActivity) =>
  world.teams.sees(operations, requester, (one) => one.id === form.id && /any more/.test(activityText(one)));

test('nothing but a decision updates the card on which somebody may be writing why they reject it', async () => {
  const id = await ask(world, choices.policies);
  const chat = `a:${approver}`;
  const cards = async () => [
    await shows(world, approvals, approver, id, /Needs approval/),
    await shows(world, chat, approver, id, /Needs approval/),
  ];
  const before = (await cards()).map(({ local }) => local.editedAt);
  await click(requester, await waits(id), 'request.remind');
  await world.teams.sees(
    chat,
    approver,
    (one) => /asks you to decide/.test(activityText(one)) && activityText(one).includes(id),
  );
  await shows(world, operations, requester, id, /Reminder sent/);
  await type(world, requester, `/cmk-requests ${id}`);
  expect((await cards()).map(({ local }) => local.editedAt)).toEqual(before);
  await cancels(id);
});

test('clicked twice opens one form', async () => {
  const id = await ask(world, choices.policies);
  const card = await waits(id);
  await Promise.all([1, 2].map(() => click(requester, card, 'request.change')));
  await click(requester, card, 'request.change');
  expect(await formsAbout(id)).toHaveLength(1);
  await cancels(id);
});

test('the record verifies, and no request lived through anything else', async () => {
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  for (const [id, life] of lives) {
    const events = record.events(id);
    expect(events.slice(0, life.length)).toEqual(life);
    expect(events.slice(life.length).filter((event) => event !== 'cancelled')).toEqual([]);
  }
  expect(record.events(late)).not.toContain('request-changed');
  expect(world.printed()).not.toMatch(/unhandled|unexpected error/i);
});
