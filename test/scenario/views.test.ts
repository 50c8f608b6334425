import { assignGuard } from '../support/azure/assign-guard.ts';
import { all, onKey, putUnder } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { careId, researchId } from '../support/azure/local-azure-names.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  requestIdIn,
  shows,
  type,
  untilMended,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** What people see beside their own requests: greetings, answers for them alone, and the keys of all agents. */

const world = scenario({ own: {}, restoresAzure: true });
const click = (person: string, card: SeenActivity, verb: string) => world.teams.click(person, card.id, verb);
const { requester, approver, teamMember } = people;

/** For one agent, and for no vault. */
const guard = {
  effect: 'Deny',
  agents: [agentId(choices.first.agent)],
  vaults: [],
  vaultUris: ['https://kv-care-prod.vault.azure.net/'],
} as const;

// It comes first: what policies refuse is read once a minute.
test('a review says what Azure Policy refuses', async () => {
  await assignGuard(world.azure, guard);
  expect(activityText(await openReview(world, choices.first))).toContain('blocks changes outside the bot');
});

describe('the first words', () => {
  const isGreeting = (one: SeenActivity): boolean => activityText(one).includes('[Open requests]');
  const greetings = async (place: string, person: string) =>
    (await world.teams.activities(place, person)).filter(isGreeting);
  const chat = `a:${requester}`;

  test('come once, in each conversation that the bot is added to, and say who may do what', async () => {
    const team = await world.teams.sees(places.operations, requester, isGreeting);
    expect(activityText(team)).toContain('Requesters submit, approvers decide, readers view.');
    await world.teams.sees(chat, requester, (one) => activityText(one).includes('You can submit requests'));
    for (const installed of [false, true])
      await world.teams.call('POST', '/client/installations', { conversationId: chat, installed });
    expect(await greetings(chat, requester)).toHaveLength(1);
    expect(await greetings(`a:${teamMember}`, teamMember)).toEqual([]);
  });

  test('lead to the form and to the lists, as does help, which offers nobody what they may not', async () => {
    const [greeting] = await greetings(chat, requester);
    if (greeting === undefined) throw new Error('nobody was greeted');
    const kept = await click(requester, greeting, 'welcome.enable-cmk');
    expect(answered(kept)).toContain('Request a customer-managed key');
    await world.teams.sees(chat, requester, (one) =>
      activityText(one).includes('Which agent gets a customer-managed key?'),
    );
    await click(requester, greeting, 'welcome.cmk-help');
    const help = await world.teams.sees(chat, requester, (one) => activityText(one).includes('What you can type'));
    expect(activityText(help)).toContain('/enable-cmk <agent> vault=<vault> key=<key>'.replaceAll('<', '\\<'));
    await click(requester, help, 'help.rotate-cmk');
    await world.teams.sees(chat, requester, (one) => activityText(one).includes('Rotate the key of which agent?'));
    const nothing = await world.teams.click(requester, help.id, 'help.nothing', { data: {} });
    expect(answered(nothing)).toContain('Nothing is done by help.nothing.');
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
    ['a list, in a channel', requester, places.operations, '/cmk-requests', 'No open requests'],
    ['help, in a chat', approver, places.group, '/cmk-help', 'What you can type'],
    ['what nobody understands', requester, places.group, '/cmk-requestss', 'Did you mean /cmk-requests?'],
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
    const { answer, others } = await typedAlone(
      requester,
      places.operations,
      `/enable-cmk ${agent} vault=${vault} key=${key}`,
    );
    expect(answer.local.onlyYou).toBe(true);
    expect(await others()).toEqual([]);
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
    const submitted = answered(await world.teams.click(requester, answer.id, 'form.submit', { inputs }));
    expect(submitted).toContain('Sent for approval');
    expect(submitted).not.toContain('request.cancel');
    const id = requestIdIn(submitted);
    const card = await shows(world, places.operations, teamMember, id, /Waiting for approval/);
    await world.teams.click(requester, card.id, 'request.cancel');
    await shows(world, places.operations, teamMember, id, /Canceled/);
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

/** The card once Azure has answered. */
async function status(person: string, words = ''): Promise<SeenActivity> {
  const { id } = await type(world, person, `/cmk-status${words}`);
  const isWhole = (one: SeenActivity) => one.id === id && !activityText(one).includes('Azure takes longer');
  return world.teams.sees(places.operations, person, isWhole);
}
const rowOf = (card: SeenActivity, name: string): string => {
  const text = activityText(card);
  const start = text.indexOf(`\n${name}\n`);
  return text
    .slice(start + 1)
    .split('\n')
    .slice(0, 3)
    .join(' | ');
};

describe('the keys of all agents', () => {
  test('lead to the form of what an agent needs, and to the request where there is one', async () => {
    const { agent } = choices.first;
    const card = await status(requester, ` ${agent}`);
    const data = { resourceId: agentId(agent) };
    const clicked = await world.teams.click(requester, card.id, 'list.ask', { data });
    expect(answered(clicked)).toBe('The form is below.');
    const isForm = (one: SeenActivity) => /Which vault/.test(activityText(one)) && activityText(one).includes(agent);
    await world.teams.sees(places.operations, requester, isForm);
    const id = await ask(world);
    const now = await status(approver, ` ${agent}`);
    expect(rowOf(now, agent)).toBe(`${agent} | Request open | ${id}, waiting for approval`);
    const opened = await world.teams.click(approver, now.id, 'list.open', { data: { requestId: id } });
    expect(answered(opened)).toBe(`${id} is below.`);
    await world.teams.click(requester, (await approvalCard(world, id)).id, 'request.cancel');
  });

  test('say which key expires soon and what can’t be read, and offer a reader no form', async () => {
    const { agent } = choices.first;
    const unseen = '40000000-0000-4000-8000-000000000099';
    const expires = onKey('kv-care-prod', 'cmk-triage-agent', (version) => {
      version.exp = Math.floor(Date.now() / 1_000) + 20 * 86_400;
    });
    await changeState(world.azure, all(putUnder('triage-agent-test', 'kv-care-prod', 'cmk-triage-agent'), expires));
    // A minute later agents are looked at again; so are they after a restart.
    await world.restartBot('SIGKILL', {
      CMK_READERS: teamMember,
      CMK_SUBSCRIPTIONS: `${careId},${researchId},${unseen}`,
    });
    const card = await status(teamMember);
    const words = activityText(card);
    expect(rowOf(card, 'triage-agent-test')).toMatch(
      /^triage-agent-test \| Key expires soon \| cmk-triage-agent, .*(19|20) days left/,
    );
    expect(words).toContain(`Subscription ${unseen} couldn’t be read: Azure says · 403 AccessDenied`);
    expect(words).toContain('Access is denied to the requested resource.');
    expect(JSON.stringify(cardOf(card))).not.toContain('list.ask');
    const clicked = world.teams.click(teamMember, card.id, 'list.ask', { data: { resourceId: agentId(agent) } });
    expect(answered(await clicked)).toContain('You aren’t a requester.');
  });
});
