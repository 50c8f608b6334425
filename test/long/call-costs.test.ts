import { beforeAll, expect, test } from '@jest/globals';
import { costOf, verbs } from '../../src/teams/bot/verbs.ts';
import { cardOf, type JsonObject } from '../support/teams/local-teams.ts';
import { inbound, invoke, send } from '../support/teams/raw-activity.ts';
import { openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { agentId, approvalCard, buttonData, choices, people, places, submit, type } from '../support/world/story.ts';

/** What is taken from a person's calls to Azure is at least what is taken from the bot's quota of Azure Resource Manager. */

/** A second approval is needed, so that no run begins. */
const world = scenario({ own: { env: { CMK_APPROVALS_REQUIRED: '2' } } });
beforeAll(async () => {
  // Reads what is remembered for an hour: built-in roles and names of subscriptions.
  await openReview(world, choices.first);
});

const allowedForText = (text: string) => costOf(inbound({ type: 'message', text })).azureCalls;
const allowedForClick = (verb: string, data: JsonObject = {}) =>
  costOf(inbound({ type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data } } })).azureCalls;
const allowedForSearch = costOf(inbound({ type: 'invoke', name: 'application/search' })).azureCalls;

const sentSince = async (before: number) => (await world.azureRequests()).slice(before).map(({ url }) => url);

/** The calls to Azure Resource Manager in a subscription until that has come about, and what follows has ended. */
async function callsIn<T>(work: () => Promise<T>, counts = '/subscriptions/') {
  const before = (await world.azureRequests()).length;
  const outcome = await work();
  let last = -1;
  let now = 0;
  while (last !== now) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    last = now;
    now = (await sentSince(before)).length;
  }
  return { calls: (await sentSince(before)).filter((url) => url.includes(counts)).length, outcome };
}

const { agent, vault, key } = choices.first;
const allChoices = `/enable-cmk resource=${agent} vault=${vault} key=${key}`;

test.each(['/cmk-status', '/enable-cmk', '/rotate-cmk', '/cmk-status vault=kv-hospital-keys', allChoices])(
  '%s makes no more calls to Azure than are counted',
  async (text) => {
    const { calls } = await callsIn(() => type(world, people.requester, text, places.operations));
    expect(calls).toBeLessThanOrEqual(allowedForText(text));
  },
);

test('a search makes no more calls to Azure than are counted', async () => {
  const { agent, vault } = choices.policies;
  const form = await type(world, people.requester, `/enable-cmk resource=${agent} vault=${vault}`);
  const { formId } = buttonData({ status: 200, body: cardOf(form) }, 'form.next');
  const search = (dataset: string, queryText: string, counts?: string) =>
    callsIn(() => send(world, invoke(world, { queryText, dataset }, { name: 'application/search' })), counts);
  for (const dataset of [`vaults/${formId}`, `keys/${formId}`]) {
    const { calls, outcome } = await search(dataset, 'k');
    expect([outcome.status, calls > 0, calls <= allowedForSearch]).toEqual([200, true, true]);
  }
  // Resource Graph has an eighth of that quota.
  const { calls } = await search(`vaults/${formId}`, 'k', 'ResourceGraph');
  expect([calls, 8 * calls <= allowedForSearch]).toEqual([1, true]);
  expect((await search('agents', 'no name', 'ResourceGraph')).calls).toBe(0);
});

test('no button makes more calls to Azure than are counted', async () => {
  const { agent, vault, key } = choices.policies;
  const id = await submit(
    world,
    await type(world, people.requester, `/enable-cmk resource=${agent} vault=${vault} key=${key}`),
  );
  const cards = {
    form: await type(world, people.requester, '/enable-cmk'),
    request: await approvalCard(world, id),
    list: await type(world, people.requester, '/cmk-status'),
  };
  const inputs = { resource: agentId(agent), vault, key, acknowledgeIrreversible: 'true', comment: 'x' };
  const data = { requestId: id, resourceId: agentId(choices.test.agent), driftId: 'DRIFT-0000', text: '/enable-cmk' };
  const ends = (verb: string): number => Number(/cancel|submit|reject/.test(verb));
  for (const verb of [...verbs.keys()].sort((a, b) => ends(a) - ends(b))) {
    const card = Reflect.get(cards, verb.split('.')[0] ?? '') ?? cards.list;
    const person = /^request\.(?!change|remind|cancel)/.test(verb) ? people.approver : people.requester;
    const { calls } = await callsIn(() => world.teams.click(person, card.id, verb, { data, inputs }));
    expect([verb, calls, calls <= allowedForClick(verb, data)]).toEqual([verb, calls, true]);
  }
});
