import { beforeAll, describe, expect, test } from '@jest/globals';
import { requestersGroup } from '../../sandbox/people.ts';
import { changeState } from '../support/azure/local-azure.ts';
import type { BotAnswer, SeenActivity } from '../support/teams/local-teams.ts';
import { invoke, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import * as story from '../support/world/story.ts';

const { activityText, agentId, answered, approvalCard, ask, faultAzure } = story;
const { mendAzure, people, places, shows, type } = story;

/** Attacks by looking: the bot lends its rights in Azure, and what it remembers, to nobody who has no role. */

const world = scenario({ own: {} });
let id = '';
let form: SeenActivity;
let list: SeenActivity;
let approval: SeenActivity;
let status: SeenActivity;

/** The card of a page that holds two requests' worth of events, so that it has another page. */
beforeAll(async () => {
  id = await ask(world);
  form = await type(world, people.requester, '/enable-cmk');
  list = await type(world, people.requester, `/cmk-history ${id}`);
  approval = await approvalCard(world, id);
  status = await shows(world, places.operations, people.requester, id, /Waiting for approval/);
});

/** Whoever asks is told one thing, whatever they ask for and whether it is there. */
const noRole = /You have no role here\.\s(.*\| )?This bot changes the encryption keys of Azure resources\./;
const secrets = /CMK-[0-9A-Z]{6}|triage|vaccination|visitor|kv-care|Own keys before the audit|rg-care|40000000/;

/** Straight to the bot: a form that is somebody else's shows nothing to search in. */
async function searchRaw(person: string): Promise<BotAnswer> {
  const from = { id: `29:${person}`, aadObjectId: person };
  const asked = invoke(world, { queryText: 'triage', dataset: 'agents' }, { name: 'application/search', from });
  const { status, body } = await send(world, asked);
  return { status, body: JSON.parse(body) };
}

async function looksEverywhere(person: string, refusal: RegExp): Promise<void> {
  for (const typed of [
    // What can lead to a change asks the directory, and ends what reading knew of the person.
    '/enable-cmk',
    '/cmk-status',
    '/cmk-requests triage',
    `/cmk-history ${id}`,
    '/cmk-history CMK-ZZZZZZ',
    '/cmk-help',
    '/enable-cmk resource=triage-agent-prod vault=kv-care-prod key=cmk-triage-agent',
    '/rotate-cmk resource=virtual-visit-agent',
  ]) {
    const words = activityText(await type(world, person, typed));
    expect([typed, words]).toEqual([typed, expect.stringMatching(refusal)]);
    expect(words).not.toMatch(secrets);
  }
  const searched = answered(await searchRaw(person));
  expect(searched).toMatch(refusal);
  expect(searched).not.toMatch(secrets);
  const ofList = { requestId: id, resourceId: agentId('triage-agent-prod') };
  const all: readonly (readonly [page: SeenActivity, verbs: string, data?: Record<string, string>])[] = [
    [list, 'list.page'],
    [list, 'list.everything list.mine list.open list.ask', ofList],
    [approval, 'request.refresh request.approve request.reject request.cancel request.retry'],
    [approval, 'request.refresh', { requestId: 'CMK-ZZZZZZ' }],
    [status, 'request.refresh request.approve request.cancel request.retry'],
    [form, 'form.next form.back form.submit form.cancel'],
  ];
  for (const [page, verbs, data = {}] of all) {
    for (const verb of verbs.split(' ')) {
      const words = answered(await world.teams.click(person, page.id, verb, { data }));
      expect([verb, words]).toEqual([verb, expect.stringMatching(refusal)]);
      expect(words).not.toMatch(secrets);
    }
  }
}

describe('attack: a member without a role', () => {
  test('lists, searches, refreshes, clicks and asks for help, and learns nothing, not even what exists', async () => {
    await looksEverywhere(people.teamMember, noRole);
  });

  test('does not get in while the directory does not answer', async () => {
    await faultAzure(world, { match: { url: 'checkMemberGroups' }, respond: { status: 503 } });
    for (const person of [people.teamMember, people.requester]) {
      for (const typed of ['/enable-cmk', '/cmk-requests'])
        expect(activityText(await type(world, person, typed))).toContain('couldn’t check your membership');
      const searched = await searchRaw(person);
      expect(answered(searched)).toContain('couldn’t check your membership');
    }
    await mendAzure(world);
  });
});

const userType = (person: string, kind: 'Member' | 'Guest') =>
  changeState(world.azure, (state) => {
    for (const one of state.users.filter(({ id: user }: { id: string }) => user === person)) one.userType = kind;
  });

const inGroup = (group: string, person: string, isIn: boolean) =>
  changeState(world.azure, (state) => {
    for (const one of state.groups.filter(({ id: its }: { id: string }) => its === group)) {
      one.memberIds = [...one.memberIds.filter((member: string) => member !== person), ...(isIn ? [person] : [])];
    }
  });

/** Who is a guest: test/unit/authorization/roles. */
test('attack: a guest who carries the host tenant’s id is refused, although somebody put them into the group of requesters', async () => {
  await inGroup(requestersGroup.id, people.teamMember, true);
  expect(activityText(await type(world, people.teamMember, '/cmk-requests'))).toContain(id);
  await userType(people.teamMember, 'Guest');
  await looksEverywhere(people.teamMember, /Only members of this organization can use the bot\./);
});

test('a reader reads lists and histories and refreshes cards, and can do nothing', async () => {
  await userType(people.teamMember, 'Member');
  await inGroup(requestersGroup.id, people.teamMember, false);
  await world.restartBot('SIGINT', { CMK_READERS: people.teamMember });
  const reader = people.teamMember;
  expect(activityText(await type(world, reader, '/cmk-requests'))).toContain(id);
  const history = await type(world, reader, `/cmk-history ${id}`);
  expect(activityText(history)).toContain('Ana submitted the request');
  // Posted once and never looked after: what people wrote would outlive its erasing there.
  expect(JSON.stringify(history)).not.toContain('Own keys before the audit');
  expect(answered(await world.teams.click(reader, status.id, 'request.refresh'))).toMatch(/\[card\].*Waiting/);
  for (const [card, verb, words] of [
    [approval, 'request.approve', 'You aren’t an approver.'],
    [approval, 'request.reject', 'You aren’t an approver.'],
    [status, 'request.cancel', 'isn’t your request'],
    [form, 'form.next', 'aren’t a requester'],
  ] as const)
    expect(answered(await world.teams.click(reader, card.id, verb))).toContain(words);
  expect(activityText(await type(world, reader, '/enable-cmk'))).toContain('You aren’t a requester.');
  // What there is to choose from is the requester's.
  expect((await searchRaw(reader)).body).toMatchObject({ value: { results: [] } });
});

test('a requester who left takes back what they asked for, and does nothing else', async () => {
  const click = async (verb: string) =>
    answered(await world.teams.click(people.requester, status.id, verb, { data: { requestId: id } }));
  await inGroup(requestersGroup.id, people.requester, false);
  for (const verb of ['request.approve', 'request.refresh', 'form.next']) expect(await click(verb)).toMatch(noRole);
  expect(await click('request.cancel')).toContain('Canceled');
});
