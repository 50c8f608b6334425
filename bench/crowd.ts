/** Many at once: what clicks wait for while very many runs are under way, and a thousand requests that wait over a crash. */
import { setTimeout as sleep } from 'node:timers/promises';
import { approver, localTenantId } from '../src/local/people.ts';
import { addAgents } from './support/agents.ts';
import type { Child } from './support/child.ts';
import { rowsOf } from './support/database.ts';
import { emptyWorkflows } from './support/empty-workflows.ts';
import { alone, compare, type Figure, type Measured, percentile } from './support/figures.ts';
import { drive, type Load, openLoad } from './support/load.ts';
import { activityOf, type Ground } from './support/product.ts';
import { fillWaiting, waitingId } from './support/waiting.ts';

const atOnce = 8;

/** A click of the approver on the card of the nth request, in the approvals channel. */
const decision = (ground: Ground, verb: 'approve' | 'reject', n: number): object => {
  const data = { requestId: waitingId(n), revision: 1, acknowledgeIrreversible: 'true', comment: 'Not this week' };
  return activityOf(ground.connector, approver, {
    type: 'invoke',
    name: 'adaptiveCard/action',
    value: { action: { type: 'Action.Execute', verb: `request.${verb}`, data } },
    conversation: {
      id: '19:approvals@thread.tacv2',
      conversationType: 'channel',
      isGroup: true,
      tenantId: localTenantId,
    },
    replyToId: `card-${n}`,
  });
};

interface Clicks {
  readonly from: number;
  readonly to: number;
}

const click = (load: Load, ground: Ground, bot: Child, verb: 'approve' | 'reject', { from, to }: Clicks) =>
  drive(load, bot.url, (index) => decision(ground, verb, from + 1 + index), {
    count: to - from,
    atOnce,
    words: new RegExp(`${verb}ed|${verb}d`, 'i'),
  });

const countOf = async (url: string, type: string): Promise<number> => {
  const [row] = await rowsOf(url, "select count(*)::int as n from cmk.event where body::json ->> 'type' = $1", [type]);
  return Number(row?.n);
};

async function untilCount(url: string, type: string, wanted: number, patienceMs: number): Promise<number> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(250)) {
    if ((await countOf(url, type)) >= wanted) break;
  }
  return countOf(url, type);
}

/** All are approved, several at once, as quickly as they are answered: later clicks find the runs of earlier ones under way. */
async function whileRunning(ground: Ground, url: string, runs: number): Promise<readonly Figure[]> {
  await fillWaiting(ground, url, { from: 0, to: runs, silent: true });
  const bot = await ground.start(url);
  const load = openLoad(atOnce);
  try {
    const began = performance.now();
    const { ms } = await click(load, ground, bot, 'approve', { from: 0, to: runs });
    const succeeded = await untilCount(url, 'succeeded', runs, 180_000);
    const seconds = (performance.now() - began) / 1_000;
    const note = `${succeeded} of ${runs} runs succeeded, the last after ${seconds.toFixed(0)} s`;
    return [
      alone(
        `95 of 100 clicks while ${runs} runs are under way are answered within`,
        'ms',
        [percentile(ms, 0.95)],
        { atMost: 1_000 },
        note,
      ),
      alone(`half of the clicks while ${runs} runs are under way`, 'ms', [percentile(ms, 0.5)], null),
    ];
  } finally {
    load.close();
    await bot.end('SIGKILL');
  }
}

/** So many wait, the bot is killed and started again, and each is decided. Beside it the engine, with workflows that only wait. */
async function overCrash(
  ground: Ground,
  url: string,
  empty: string,
  from: number,
  to: number,
): Promise<readonly Figure[]> {
  await fillWaiting(ground, url, { from, to, silent: true });
  const first = await ground.start(url);
  await first.end('SIGKILL');
  const load = openLoad(atOnce);
  const began = performance.now();
  const bot = await ground.start(url, {}, ['--max-old-space-size=256']);
  try {
    const readyMs = performance.now() - began;
    const memory = [bot.memoryMb()];
    const { ms } = await click(load, ground, bot, 'reject', { from, to });
    const tookMs = performance.now() - began;
    memory.push(bot.memoryMb());
    const rejected = await countOf(url, 'rejected');
    const cpu = bot.cpuMs() / (to - from);
    const baseline = await emptyWorkflows(empty, to - from);
    const note = `${rejected} of ${to - from} decided; ready after ${(readyMs / 1_000).toFixed(1)} s; ${cpu.toFixed(1)} ms of a processor each`;
    return [
      compare(
        `${to - from} that wait: killed, started again, all decided`,
        'ms',
        [{ ours: tookMs, baseline }],
        'the engine with as many empty workflows',
        { atMost: 1.3 },
        note,
      ),
      alone('95 of 100 of those clicks are answered within', 'ms', [percentile(ms, 0.95)], null),
      alone(
        `memory with ${to - from} open requests, decided one after the other, under a heap limit of 256 MB`,
        'MB',
        [Math.max(...memory)],
        { atMost: 400 },
      ),
    ];
  } finally {
    load.close();
    await bot.end('SIGKILL');
  }
}

/** `runs` at once, and `waiting` over a crash. */
export async function crowd(
  ground: Ground,
  newDatabase: () => Promise<string>,
  { runs, waiting }: { readonly runs: number; readonly waiting: number },
): Promise<Measured> {
  await addAgents(ground.azure, runs + waiting);
  const figures = await whileRunning(ground, await newDatabase(), runs);
  const later = await overCrash(ground, await newDatabase(), await newDatabase(), runs, runs + waiting);
  return { name: 'crowd', figures: [...figures, ...later] };
}
