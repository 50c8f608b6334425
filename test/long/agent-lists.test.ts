import { expect, test } from '@jest/globals';
import { changeState } from '../support/azure/local-azure.ts';
import { cardOf } from '../support/teams/local-teams.ts';
import { sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, answered, people, places, type } from '../support/world/story.ts';

/** A list of very many agents. What is kept while somebody types, and for how long: test/unit/teams/bot/typing. */

const world = scenario({ own: { inProcess: false } });

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
