/** A tenant with very many agents: a picture of them all, and choices while somebody types, beside bare calls with the SDK. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { requester } from '../src/local/people.ts';
import { addAgents, agentName, tokenFor } from './support/agents.ts';
import { compare, type Measured, percentile } from './support/figures.ts';
import { type Load, openLoad } from './support/load.ts';
import { activityOf, type Ground } from './support/product.ts';

/** For so long a look at all agents is kept. */
const keptMs = 61_000;
const searches = 40;

const inAll = (found: string): string => `resources | where type =~ 'microsoft.healthbot/healthbots' | ${found}`;
const everyAgent = inAll('project id, name, cmk=properties.keyVaultProperties | order by id asc');
const those = (part: string): string =>
  inAll(
    `where name contains '${part}' | project id, name, location, resourceGroup, subscriptionId, cmkVault=tostring(properties.keyVaultProperties.keyVaultUri) | order by name asc | limit 15`,
  );

const subscriptions = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];

async function bareClient({ azure }: Ground) {
  const token = await tokenFor(azure);
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const options = {
    endpoint: azure.url,
    credentials: { scopes: [`${azure.url}/.default`] },
    tlsOptions: { ca: azure.ca },
  };
  return new ResourceGraphClient(credential, options);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function pages(client: ResourceGraphClient, query: string): Promise<void> {
  for (let skipToken: string | undefined, more = true; more; more = skipToken !== undefined) {
    const options = { top: 1_000, resultFormat: 'objectArray' as const, ...(skipToken ? { skipToken } : {}) };
    ({ skipToken } = await client.resources({ subscriptions, query, options }));
  }
}

async function well(load: Load, url: string, activity: object): Promise<void> {
  const { status, body } = await load.send(url, activity);
  if (status !== 200) throw new Error(`${status} ${body.slice(0, 300)}`);
}

const typing = ({ connector }: Ground, queryText: string): object =>
  activityOf(connector, requester, {
    type: 'invoke',
    name: 'application/search',
    value: { kind: 'search', queryText, queryOptions: { skip: 0, top: 15 }, dataset: 'agents' },
  });

export async function tenant(ground: Ground, databaseUrl: string, rounds: number, agents: number): Promise<Measured> {
  await addAgents(ground.azure, agents);
  const bare = await bareClient(ground);
  const bot = await ground.start(databaseUrl);
  const load = openLoad(1);
  try {
    const look = (): Promise<void> =>
      well(load, bot.url, activityOf(ground.connector, requester, { text: '/cmk-status' }));
    await pages(bare, everyAgent);
    await look();
    const status: { readonly ours: number; readonly baseline: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await sleep(keptMs);
      status.push({ baseline: await timed(() => pages(bare, everyAgent)), ours: await timed(look) });
    }
    const [ours, baseline, again]: [number[], number[], number[]] = [[], [], []];
    for (let n = -10; n < searches; n += 1) {
      const part = agentName(n + 50).slice(-3);
      const one = await timed(() => pages(bare, those(part)));
      const first = await timed(() => well(load, bot.url, typing(ground, part)));
      const second = await timed(() => well(load, bot.url, typing(ground, part)));
      if (n < 0) continue;
      baseline.push(one);
      ours.push(first);
      again.push(second);
    }
    const p95 = (of: readonly number[]) => percentile(of, 0.95);
    const typed = `choices while somebody types, of ${agents} agents, 95 of 100`;
    return {
      name: 'tenant',
      figures: [
        compare(`/cmk-status over ${agents} agents`, 'ms', status, 'all pages of Resource Graph', { atMost: 1.3 }),
        compare(typed, 'ms', [{ ours: p95(ours), baseline: p95(baseline) }], 'one query', { atMost: 1.1 }),
        compare(`${typed}, typed again`, 'ms', [{ ours: p95(again), baseline: p95(baseline) }], 'one query', null),
      ],
    };
  } finally {
    load.close();
    await bot.end('SIGKILL');
  }
}
