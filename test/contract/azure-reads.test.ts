import { openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { approvalCard, approve, ask, choices, people, places, shows } from '../support/world/story.ts';

/**
 * How much of Azure's quota one request takes over its whole life: 250 reads, refilled by 25 a second, for the bot as a whole. Built-in
 * roles and names of subscriptions are read once an hour (docs/decisions/0049): a review before the request has read them.
 */

const mostReads = 45;

const world = scenario();

/** What counts against the quota of Azure Resource Manager: neither tokens, Microsoft Graph, Key Vault nor Resource Graph. */
const isArmRead = ({ method, url }: { readonly method: string; readonly url: string }): boolean =>
  method === 'GET' && /\/subscriptions\//.test(url);

test('a request for an existing key makes at most 45 Azure reads over its whole life', async () => {
  await openReview(world, choices.first);
  const before = (await world.azureRequests()).length;
  const id = await ask(world);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.approvals, people.approver, id, /Succeeded/);
  const sent = (await world.azureRequests()).slice(before);
  const reads = sent.filter(isArmRead);
  const paths = reads.map(({ url }) => new URL(url, world.azure.url).pathname).sort();
  expect(reads.length <= mostReads ? [] : paths).toEqual([]);
});
