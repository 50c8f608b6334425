import { cmkBot } from '../support/processes/command-line.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  choices,
  faultAzure,
  isNotification,
  mendAzure,
  people,
  places,
  requestIdIn,
  shows,
  submit,
  typeForm,
  until,
  untilMended,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** What people see beside their own requests: greetings, and answers for them alone. */

const world = scenario({ own: {}, restoresAzure: true });
const { requester, approver, teamMember } = people;

describe('the first words', () => {
  const isGreeting = (one: SeenActivity): boolean => activityText(one).includes('[Open requests]');
  const greetings = async (place: string, person: string) =>
    (await world.teams.activities(place, person)).filter(isGreeting);
  const chat = `a:${requester}`;

  test('come once, in each conversation that the bot is added to, and say who may do what', async () => {
    const team = await world.teams.sees(places.operations, requester, isGreeting);
    expect(activityText(team)).toContain('Requesters submit, approvers decide, readers view.');
    await world.teams.sees(chat, requester, (one) => activityText(one).includes('You can submit requests'));
    for (const installed of [false, true]) await install(installed);
    expect(await greetings(chat, requester)).toHaveLength(1);
    expect(await greetings(`a:${teamMember}`, teamMember)).toEqual([]);
  });

  const install = (installed: boolean) =>
    world.teams.call('POST', '/client/installations', { conversationId: chat, installed });

  test('a chat from which the app was removed shows and tells the outcome once it is added again', async () => {
    const { agent, vault, key } = choices.policies;
    const id = await submit(world, await typeForm(world, `/enable-cmk ${agent} vault=${vault} key=${key}`, chat));
    await shows(world, chat, requester, id, /Waiting for approval/);
    await install(false);
    const asked = await approvalCard(world, id);
    await world.teams.click(approver, asked.id, 'request.reject', { inputs: { comment: 'Not now.' } });
    await shows(world, places.approvals, approver, id, /Rejected/);
    await shows(world, chat, requester, id, /Waiting for approval/);
    const erase = () => cmkBot(['audit', 'erase', id, '--reason', 'a name', '--yes'], world.settings);
    const left = await erase();
    expect(left).toMatchObject({ code: 3 });
    expect(left.out).toMatch(/1 message in Teams still holds them.*\n {2}status in a:/);
    await install(true);
    const card = await shows(world, chat, requester, id, /Rejected/, 20_000);
    expect(activityText(card)).not.toContain('Own keys before the audit');
    expect(await erase()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Already done: event \d+ of [^\n]*\n$/),
    });
    const isOutcome = (one: SeenActivity) => isNotification(one) && /rejected your request/.test(JSON.stringify(one));
    await world.teams.sees(chat, requester, isOutcome, 20_000);
  });

  test('a team that was archived shows the outcome once it is restored', async () => {
    const archive = (archived: boolean) =>
      world.teams.call('POST', '/client/installations', { conversationId: places.approvals, archived });
    const { agent, vault, key } = choices.first;
    const id = await submit(world, await typeForm(world, `/enable-cmk ${agent} vault=${vault} key=${key}`, chat));
    await approvalCard(world, id);
    await archive(true);
    await cmkBot(['requests', 'cancel', id], world.settings);
    await shows(world, chat, requester, id, /Canceled/);
    // Nobody's own view, which Teams asks for.
    await shows(world, places.approvals, teamMember, id, /Needs approval/);
    const isShown = (one: SeenActivity) => activityText(one).includes(id) && /Canceled/.test(activityText(one));
    // Again: the bot might not have heard yet that Teams refused it.
    const restored = async () => {
      await archive(false);
      return (await world.teams.activities(places.approvals, teamMember)).some(isShown);
    };
    await until(restored, 'the outcome in the team', 30_000);
  });
});

describe('typed for the bot alone', () => {
  /** What stands in the place now and did not before, as each of them sees it. */
  async function typedAlone(person: string, place: string, text: string) {
    const looks = [requester, approver, teamMember];
    const before = await Promise.all(looks.map((one) => world.teams.activities(place, one)));
    const old = new Set(before.flat().map(({ id }) => id));
    await world.teams.sayAlone(person, place, text);
    const isAnswer = (one: SeenActivity): boolean => !old.has(one.id) && one.from.role === 'bot';
    const answer = await world.teams.sees(place, person, isAnswer);
    const now = async (one: string) => (await world.teams.activities(place, one)).filter(({ id }) => !old.has(id));
    const others = async () => (await Promise.all(looks.filter((one) => one !== person).map(now))).flat();
    return { answer, others };
  }

  test.each([
    ['help, in a chat', approver, places.group, '/cmk-help', 'What do you want to do?'],
    ['a refusal', teamMember, places.operations, '/cmk-history', 'You have no role here.'],
  ])('%s: nobody else sees the question or the answer', async (_what, person, place, text, words) => {
    const { answer, others } = await typedAlone(person, place, text);
    expect(activityText(answer).replaceAll('*', '')).toContain(words);
    expect(answer.local.onlyYou).toBe(true);
    expect(await others()).toEqual([]);
  });

  test('what Azure is too slow for comes in the same message, and alone', async () => {
    await faultAzure(world, { match: { method: 'POST', url: 'ResourceGraph' }, ...untilMended });
    const { answer, others } = await typedAlone(requester, places.operations, '/cmk-status');
    expect(activityText(answer)).toContain('Azure takes longer than usual');
    await mendAzure(world);
    const come = ({ id, ...one }: SeenActivity) => id === answer.id && activityText({ id, ...one }).includes('agents');
    expect((await world.teams.sees(places.operations, requester, come)).local.onlyYou).toBe(true);
    expect(await others()).toEqual([]);
  });

  test('a form, and others see the request once it is submitted', async () => {
    const { agent, vault, key } = choices.policies;
    const asks = `/enable-cmk ${agent} vault=${vault} key=${key}`;
    const { answer, others } = await typedAlone(requester, places.operations, asks);
    expect(answer.local.onlyYou).toBe(true);
    expect(await others()).toEqual([]);
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
    const id = requestIdIn(answered(await world.teams.click(requester, answer.id, 'form.submit', { inputs })));
    await shows(world, places.operations, teamMember, id, /Waiting for approval/);
  });

  test('where Teams has no such messages, the answer comes all the same', async () => {
    const respond = { status: 400, body: { error: { code: 'BadArgument', message: 'Targeted messages are off.' } } };
    const match = { method: 'POST', url: 'isTargetedActivity' };
    await world.teams.call('POST', '/simulator/faults', { match, times: 1, respond });
    const { answer, others } = await typedAlone(requester, places.operations, '/cmk-requests');
    expect(answer.local.onlyYou).toBe(false);
    expect(new Set((await others()).map(({ id }) => id))).toEqual(new Set([answer.id]));
  });
});

test('the record verifies, and nothing unexpected was printed', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
  expect(world.printed()).not.toMatch(/unhandled|unexpected error|local-bot/i);
});
