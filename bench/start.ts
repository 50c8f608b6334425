/** Measures processes: the time from spawn to ready, memory, and a cycle of the key watch. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { http } from '../test/support/azure/local-azure.ts';
import { type Figure, figureOf, inTurn } from './support/figures.ts';
import { fill } from './support/fill.ts';
import { type Bench, type Ground, openGround } from './support/harness.ts';
import { approvedKey, watchAgents } from './support/watched-agents.ts';

/** In MB: now, or `VmHWM`, the most so far. */
const memoryOf = (pid: number, what = 'VmRSS'): number =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000;

async function measure(first: Awaited<ReturnType<Ground['startEcho']>>) {
  await sleep(3_000);
  const memory = memoryOf(first.pid);
  await first.end('SIGKILL');
  return { ready: first.readyAfterMs, memory };
}

export async function start(bench: Bench): Promise<readonly Figure[]> {
  const ground = await openGround(bench);
  const bots = bench.checkouts.map(async (checkout) => {
    const database = await bench.newDatabase();
    return async () => {
      const clean = await measure(await ground.startBot(checkout, database));
      const again = await ground.startBot(checkout, database);
      await again.end('SIGINT');
      return { ...clean, killed: again.readyAfterMs };
    };
  });
  const works = [async () => measure(await ground.startEcho()), ...(await Promise.all(bots))];
  const took = await inTurn({ rounds: bench.rounds }, works);
  const [echo = [], ...ready] = took('ready');
  const [echoMemory = [], ...memory] = took('memory');
  return [
    figureOf('start on PostgreSQL', 'ms', 'echo', ['ratio', '≤', 1.9], ready, [echo]),
    figureOf('start after kill -9', 'ms', 'start after Ctrl-C', ['ratio', '≤', 1.3], took('killed').slice(1), ready),
    figureOf('memory when idle', 'MB', 'echo', ['ratio', '≤', 1.5], memory, [echoMemory]),
  ];
}

const agents = 10_000;
const cyclesPerHour = 6;
const readsPerHour = 25 * 3_600;
const settings = { CMK_WATCH_INTERVAL: '1m' };

/** A cycle over 10,000 agents, each with a key of its own, at ten times its pace, so that it ends soon. */
export async function watch(bench: Bench): Promise<readonly Figure[]> {
  const ground = await openGround(bench);
  const database = await bench.newDatabase();
  const place = await watchAgents(ground.azure, agents);
  await fill(bench, database, 0, agents, (agent) => approvedKey(agent, place));
  const asked = async () => (await http(ground.azure, 'GET', '/simulator/requests')).body;
  const works = bench.checkouts.map((checkout) => async () => {
    const { url, pid, end } = await ground.startBot(checkout, await bench.newDatabase(database), settings);
    const before = (await asked()).length;
    const idle = memoryOf(pid);
    const metrics = async () => (await fetch(`${url}/metrics`).catch(() => null))?.text() ?? '';
    while (!/^cmk_watch_last_cycle_seconds [1-9]/m.test(await metrics())) await sleep(500);
    const reads = (await asked()).slice(before);
    const peak = memoryOf(pid, 'VmHWM');
    await end('SIGKILL');
    const took = Date.parse(reads.at(-1).at) - Date.parse(reads[0].at);
    return { took: took / 1_000, interval: 600, peak, idle, reads: reads.length * cyclesPerHour, quota: readsPerHour };
  });
  const took = await inTurn({ rounds: 1, warmUp: 0 }, works);
  return [
    figureOf('a watch of 10,000 agents', 's', 'its interval', ['ratio', '≤', 0.5], took('took'), took('interval')),
    figureOf('its memory', 'MB', 'idle', ['value', '≤', 600], took('peak'), took('idle')),
    figureOf('its reads of Azure', 'per hour', 'quota', ['ratio', '≤', 0.5], took('reads'), took('quota')),
  ];
}
