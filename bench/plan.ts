/** How long an approved plan takes, beside the shortest way through the same calls of Azure, and how many calls it makes. */
import { approvalCard, approve, ask, people, places, shows } from '../test/support/story.ts';
import { startWorld } from '../test/support/world.ts';
import { alone, compare, type Measured } from './support/figures.ts';

/**
 * What the local Azure waits, in milliseconds: an agent is written (its identity), the identity is known elsewhere, a grant
 * spreads, the agent is written again (its key). Each has to wait for the one before it.
 */
const shortestMs = 4_000 + 2_000 + 6_000 + 5_000;

/** Three writes, each read before and after. */
const leastCalls = 9;

const isDirectory = (url: string): boolean => /checkMemberGroups|\/token|graph|v1\.0/i.test(url);

export async function plan(rounds: number): Promise<Measured> {
  const took: { readonly ours: number; readonly baseline: number }[] = [];
  const calls: { readonly ours: number; readonly baseline: number }[] = [];
  const shown: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const world = await startWorld({ latency: 'realistic' });
    try {
      const id = await ask(world, { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent' });
      const card = await approvalCard(world, id);
      const before = (await world.azureRequests()).length;
      const began = performance.now();
      await approve(world, people.approver, card);
      await shows(world, places.operations, people.requester, id, /Succeeded/);
      const ms = performance.now() - began;
      const made = (await world.azureRequests()).slice(before);
      const last = Math.max(...made.map(({ at }) => Date.parse(at)));
      took.push({ ours: ms, baseline: shortestMs });
      calls.push({ ours: made.filter(({ url }) => !isDirectory(url)).length, baseline: leastCalls });
      shown.push(Math.max(0, Date.now() - last));
    } finally {
      await world.end();
    }
  }
  return {
    name: 'plan',
    figures: [
      compare('approved until the card says that it succeeded', 'ms', took, 'the shortest way', { atMost: 1.05 }),
      compare('Azure calls for three writes', 'calls', calls, 'each write read before and after', { atMost: 1.5 }),
      alone('last Azure call until the card says so', 'ms', shown, null),
    ],
  };
}
