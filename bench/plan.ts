/** How long an approved plan takes, beside the shortest way through the same writes, and how many calls of Azure it makes. */
import { latencies } from '../src/local/azure/state/latency.ts';
import { approvalCard, approve, ask, people, places, shows } from '../test/support/story.ts';
import { startWorld, type World } from '../test/support/world.ts';
import { type Call, callsByKind } from './support/azure-calls.ts';
import { rowsOf } from './support/database.ts';
import { alone, compare, type Measured } from './support/figures.ts';

/**
 * An agent is written (its identity), the identity becomes known elsewhere, a grant spreads, the agent is written again (its
 * key): for somebody who begins each when the one before it has taken effect. It cannot be known when that is, only tried.
 */
const { agentWrite, replication, propagation, keyWrite } = latencies.realistic;
const shortestMs = agentWrite + replication + propagation + keyWrite;

interface Ran {
  readonly ms: number;
  /** From the time at which the success is stored until the card that says so has been edited. */
  readonly shownMs: number;
  readonly calls: readonly Call[];
}

async function shownAfter(world: World, url: string, id: string): Promise<number> {
  const { local } = await shows(world, places.operations, people.requester, id, /Succeeded/);
  const stored = `select body::json ->> 'time' as time from cmk.event
    where request_id = $1 and body::json ->> 'type' = 'succeeded'`;
  const [row] = await rowsOf(url, stored, [id]);
  return Date.parse(local.editedAt ?? '') - Date.parse(String(row?.time));
}

/** Approves a plan of four writes, identity, grant, vault and key, in a world of its own, and waits for its success. */
async function run(latency: 'instant' | 'realistic', url: string): Promise<Ran> {
  const world = await startWorld({ latency, env: { DATABASE_URL: url, CMK_ANCHOR: 'none' } });
  try {
    const id = await ask(world, { agent: 'triage-agent-prod', vault: 'kv-care-prod', key: 'cmk-triage-agent' });
    const card = await approvalCard(world, id);
    const before = (await world.azureRequests()).length;
    const began = performance.now();
    await approve(world, people.approver, card);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const ms = performance.now() - began;
    const calls = (await world.azureRequests()).slice(before);
    return { ms, shownMs: await shownAfter(world, url, id), calls };
  } finally {
    await world.end();
  }
}

/** Counted where nothing has to be waited for: how often a running operation is looked at is a matter of its length. */
async function countCalls(url: string) {
  const { calls } = await run('instant', url);
  const { kinds, made, least } = callsByKind(calls);
  const rows = kinds.map(({ kind, made, least, why }) => [kind, `${made}`, least === null ? '' : `${least}`, why]);
  return {
    figure: compare('calls of Azure for four writes', 'calls', [{ ours: made, baseline: least }], 'the least set', {
      atMost: 1.5,
    }),
    table: { head: ['of that', 'made', 'least', 'the least is made of'], rows },
  };
}

export async function plan(newDatabase: () => Promise<string>, rounds: number): Promise<Measured> {
  const ran: Ran[] = [];
  for (let round = 0; round < rounds; round += 1) ran.push(await run('realistic', await newDatabase()));
  const counted = await countCalls(await newDatabase());
  const took = ran.map(({ ms }) => ({ ours: ms, baseline: shortestMs }));
  const shown = ran.map(({ shownMs }) => shownMs);
  return {
    name: 'plan',
    figures: [
      compare('approved until the card says that it succeeded', 'ms', took, 'the shortest way', { atMost: 1.05 }),
      alone('a success stored until its card says so', 'ms', shown, { atMost: 200 }),
      counted.figure,
    ],
    tables: [counted.table],
  };
}
