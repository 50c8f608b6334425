import { beforeEach, expect, test } from '@jest/globals';
import { changeState } from '../support/azure/local-azure.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { invoke, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  faultAzure,
  mendAzure,
  people,
  places,
  type,
  until,
} from '../support/world/story.ts';

/**
 * What is kept of what Resource Graph answered is shown while somebody types, and is nothing else. What is kept for how long:
 * test/unit/teams/bot/typing; whose roles: test/unit/authorization/roles. Then a list of very many agents.
 */

const world = scenario({ own: { inProcess: false }, restoresAzure: true });
let form: SeenActivity;
beforeEach(async () => {
  form = await type(world, people.requester, '/enable-cmk');
});

/** The titles of what is found. */
async function search(queryText: string): Promise<readonly string[]> {
  const { body } = await send(world, invoke(world, { queryText, dataset: 'agents' }, { name: 'application/search' }));
  return JSON.parse(body).value.results.map(({ title }: { readonly title: string }) => title);
}

const rename = (from: string, to: string) =>
  changeState(world.azure, (state) => {
    for (const agent of state.agents.filter(({ name }: { name: string }) => name === from)) agent.name = to;
  });

/** Resource Graph's quota for one principal: 15 queries in 5 seconds. What is over it is refused with these headers. */
const overQuota = {
  match: { url: 'ResourceGraph' },
  times: 100,
  respond: {
    status: 429,
    headers: { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:01' },
    body: { error: { code: 'RateLimiting', message: 'Please provide below info when asking for support.' } },
  },
};

test('a search that stays throttled says that Azure is busy, and choosing that is choosing nothing', async () => {
  await world.restartBot('SIGINT');
  await faultAzure(world, overQuota);
  const busy = async () => (await search('tria'))[0] === 'Azure is busy. Type again in a few seconds.';
  await until(busy, 'the search says that Azure is busy');
  await mendAzure(world);
  const clicked = await world.teams.click(people.requester, form.id, 'form.next', { inputs: { resource: ' ' } });
  expect(answered(clicked)).toMatch(/Choose|chosen/);
}, 90_000);

test('what is chosen from it is looked for anew: an agent that is gone is none', async () => {
  expect(await search('triage-agent-t')).toHaveLength(1);
  await rename('triage-agent-test', 'moved-agent');
  expect(await search('triage-agent-t')).toHaveLength(1);
  const inputs = { resource: agentId('triage-agent-test') };
  const clicked = await world.teams.click(people.requester, form.id, 'form.next', { inputs });
  expect(answered(clicked)).toContain('No agent is named');
  expect(answered(clicked)).toContain('New agents can take a few minutes to appear');
});

/** Of the bot's process, by its own figures. */
async function heldBytes(): Promise<number> {
  const { body } = await sendRaw(world, '', { method: 'GET', path: '/metrics' });
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(body)?.[1]);
}

const subscription = (n: number): string => `4${String(n).padStart(7, '0')}-1111-4000-8000-000000000001`;
const subscriptions = Array.from({ length: 200 }, (_, n) => subscription(n));

test('ten thousand agents are counted, turned page by page and found by name, within what a card and a process hold', async () => {
  await changeState(world.azure, (state) => {
    const [agent] = state.agents;
    const role = state.roleAssignments.find((one: { scope: string }) => one.scope.endsWith(agent.subscriptionId));
    for (const [n, id] of subscriptions.entries()) {
      state.subscriptions.push({ id, displayName: `Ward ${n}` });
      state.roleAssignments.push({ ...role, scope: `/subscriptions/${id}`, name: id });
    }
    state.agents = Array.from({ length: 10_000 }, (_, n) => ({
      ...agent,
      subscriptionId: subscription(n % 200),
      name: `ward-agent-${String(n).padStart(5, '0')}`,
    }));
  });
  await world.restartBot('SIGKILL', { CMK_SUBSCRIPTIONS: subscriptions.join(',') });
  const before = await heldBytes();
  await type(world, people.requester, '/cmk-status');
  // A busy machine may take longer than the bot lets people wait: the card then comes by itself.
  const card = await world.teams.sees(places.operations, people.requester, (one) =>
    activityText(one).startsWith('Encryption keys of 10000 agents'),
  );
  expect(activityText(card)).toContain('In 200 subscriptions');
  expect(activityText(card)).toContain('1 – 8 of 10000');
  expect(JSON.stringify(cardOf(card)).length * 2).toBeLessThan(28 * 1024);
  const last = await world.teams.click(people.requester, card.id, 'list.page', { data: { revision: 99_999 } });
  expect(answered(last)).toContain('9993 – 10000 of 10000');
  const named = await type(world, people.requester, '/cmk-status agent-09999');
  expect(activityText(named)).toMatch(/^Encryption keys of 1 agent/);
  // Ten thousand rows as they came, and what is kept of them: no more than some dozen megabytes.
  expect((await heldBytes()) - before).toBeLessThan(150 * 1024 * 1024);
});
