import { beforeEach, expect, test } from '@jest/globals';
import { requestersGroup } from '../../src/sandbox/people.ts';
import { changeState } from '../support/azure/local-azure.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { invoke, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, agentId, answered, faultAzure, mendAzure, people, type, until } from '../support/world/story.ts';

/** What is kept of what Resource Graph answered is shown while somebody types, and is nothing else. */

const world = scenario({ own: {}, restoresAzure: true });
let form: SeenActivity;
beforeEach(async () => {
  form = await type(world, people.requester, '/enable-cmk');
});

interface Choice {
  readonly title: string;
  readonly value: string;
}

async function search(queryText: string, person: string = people.requester): Promise<readonly Choice[] | string> {
  const from = { id: `29:${person}`, aadObjectId: person };
  const { body } = await send(
    world,
    invoke(world, { queryText, dataset: 'agents' }, { name: 'application/search', from }),
  );
  const { results } = JSON.parse(body).value;
  return results ?? body;
}

/** The names that are found. */
async function typed(queryText: string, person?: string): Promise<readonly string[] | string> {
  const found = await search(queryText, person);
  return typeof found === 'string' ? found : found.map(({ title }) => title.split(' ')[0] ?? '');
}

async function askedWhile(work: () => Promise<unknown>): Promise<{ readonly graph: number; readonly people: number }> {
  const before = (await world.azureRequests()).length;
  await work();
  const sent = (await world.azureRequests()).slice(before).map(({ url }) => url);
  const count = (part: string): number => sent.filter((url) => url.includes(part)).length;
  return { graph: count('Microsoft.ResourceGraph'), people: count('checkMemberGroups') };
}

const rename = (from: string, to: string) =>
  changeState(world.azure, (state) => {
    for (const agent of state.agents.filter(({ name }: { name: string }) => name === from)) agent.name = to;
  });

test('letters ask the directory each time, and Resource Graph once where it told all', async () => {
  const asked = await askedWhile(async () => {
    expect(await typed('tria')).toEqual(['triage-agent-prod', 'triage-agent-test']);
    expect(await typed('triage-agent-p')).toEqual(['triage-agent-prod']);
    expect(await typed('TRIA')).toEqual(['triage-agent-prod', 'triage-agent-test']);
  });
  expect(asked).toEqual({ graph: 1, people: 3 });
});

/** Resource Graph's quota for one principal: 15 queries in 5 seconds. What is over it is refused with these headers. */
const refusals = (times: number) => ({
  match: { url: 'ResourceGraph' },
  times,
  respond: {
    status: 429,
    headers: { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:01' },
    body: { error: { code: 'RateLimiting', message: 'Please provide below info when asking for support.' } },
  },
});

test('ten people who type at once share one query', async () => {
  await world.restartBot('SIGINT');
  const words = ['triage', 'visits', 'bookin', 'vaccin', 'patien', 'virtua', 'sympto', 'pharma', 'labora', 'hospit'];
  const asked = await askedWhile(async () => {
    for (const length of [1, 2, 3, 4, 5, 6])
      await Promise.all(
        words.map(async (word) => expect(Array.isArray(await typed(word.slice(0, length)))).toBe(true)),
      );
  });
  expect(asked.graph).toBeLessThanOrEqual(2);
}, 60_000);

test('a throttled search waits until the quota resets, and shows what it finds', async () => {
  await world.restartBot('SIGINT');
  await faultAzure(world, refusals(1));
  // On a busy machine the search may end first: what comes later serves the next one.
  await until(async () => `${await typed('tria')}` === 'triage-agent-prod,triage-agent-test', 'the quota resets');
}, 90_000);

test('one that stays throttled says that Azure is busy, and choosing that is choosing nothing', async () => {
  await world.restartBot('SIGINT');
  await faultAzure(world, refusals(100));
  const busy = JSON.stringify([{ title: 'Azure is busy. Type again in a few seconds.', value: ' ' }]);
  await until(async () => JSON.stringify(await search('tria')) === busy, 'the search says that Azure is busy');
  await mendAzure(world);
  const clicked = await world.teams.click(people.requester, form.id, 'form.next', { inputs: { resource: ' ' } });
  expect(answered(clicked)).toMatch(/Choose|chosen/);
}, 90_000);

test('attack: whoever lost the role is shown nothing of what is kept', async () => {
  expect(await typed('visit')).toContain('virtual-visit-agent');
  await changeState(world.azure, (state) => {
    for (const group of state.groups.filter(({ id }: { id: string }) => id === requestersGroup.id))
      group.memberIds = group.memberIds.filter((id: string) => id !== people.requester);
  });
  const asked = await askedWhile(async () => {
    const shown = await typed('visit');
    expect(typeof shown).toBe('string');
    expect(shown).not.toContain('virtual');
  });
  expect(asked.graph).toBe(0);
});

test('what is chosen from it is looked for anew: an agent that is gone is none', async () => {
  expect(await typed('triage-agent-t')).toEqual(['triage-agent-test']);
  await rename('triage-agent-test', 'moved-agent');
  expect(await typed('triage-agent-t')).toEqual(['triage-agent-test']);
  const inputs = { resource: agentId('triage-agent-test') };
  const clicked = await world.teams.click(people.requester, form.id, 'form.next', { inputs });
  expect(answered(clicked)).toContain('No agent is named');
  expect(answered(clicked)).toContain('New agents can take a few minutes to appear');
});

test('a new agent that typing does not find yet is found by its whole name', async () => {
  await typed('a');
  await rename('triage-agent-test', 'brand-new-agent');
  expect(await typed('brand-new')).toEqual([]);
  const card = await type(world, people.requester, '/enable-cmk resource=brand-new-agent');
  expect(activityText(card)).toContain('brand-new-agent');
  expect(activityText(card)).not.toContain('No agent is named');
});
