import { beforeAll, expect, test } from '@jest/globals';
import { InboundActivity } from '../../src/teams/bot/activity.ts';
import { costOf } from '../../src/teams/bot/verbs.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, approvalCard, choices, people, places, submit, type } from '../support/world/story.ts';

/** What is taken from a person's calls to Azure is at least what is taken from the bot's quota of Azure Resource Manager. */

const world = scenario();
beforeAll(async () => {
  // Reads what is remembered for an hour: built-in roles and names of subscriptions.
  await openReview(world, choices.first);
});

const activity = (changes: Record<string, unknown>) =>
  InboundActivity.parse({
    channelId: 'msteams',
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    from: { id: '29:a' },
    recipient: { id: '28:bot' },
    conversation: { id: 'a:1' },
    ...changes,
  });
const allowedForText = (text: string) => costOf(activity({ type: 'message', text })).azureCalls;
const allowedForClick = (verb: string) =>
  costOf(activity({ type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data: {} } } })).azureCalls;

/** The calls to Azure Resource Manager in a subscription until that has come about. */
async function callsIn<T>(work: () => Promise<T>): Promise<{ readonly calls: number; readonly outcome: T }> {
  const before = (await world.azureRequests()).length;
  const outcome = await work();
  const sent = (await world.azureRequests()).slice(before);
  return { calls: sent.filter(({ url }) => url.includes('/subscriptions/')).length, outcome };
}

test.each([
  '/cmk-help',
  '/cmk-requests',
  '/cmk-status',
  '/cmk-history',
  '/enable-cmk',
  '/rotate-cmk',
  '/key-impact kv-hospital-keys',
])('%s makes no more calls to Azure than are counted', async (text) => {
  const { calls } = await callsIn(() => type(world, people.requester, text, places.operations));
  expect(calls).toBeLessThanOrEqual(allowedForText(text));
});

test('a form typed with every choice, and its submission, make no more calls to Azure than are counted', async () => {
  const { agent, vault, key } = choices.first;
  const opened = await callsIn(async () => {
    const form = await openReview(world, choices.first);
    const isReviewed = (one: SeenActivity): boolean => one.id === form.id && /steps in Azure/.test(activityText(one));
    return world.teams.sees(places.operations, people.requester, isReviewed);
  });
  expect(opened.calls).toBeGreaterThan(0);
  expect(opened.calls).toBeLessThanOrEqual(allowedForText(`/enable-cmk resource=${agent} vault=${vault} key=${key}`));
  const submitted = await callsIn(async () => approvalCard(world, await submit(world, opened.outcome)));
  expect(submitted.calls).toBeLessThanOrEqual(allowedForClick('form.submit'));
});
