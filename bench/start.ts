/** Measures the time from spawn to ready, and memory when idle. Baseline: an echo. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, figureOf, inTurn } from './support/figures.ts';
import { type Bench, type Ground, openGround } from './support/harness.ts';

async function measure(first: Awaited<ReturnType<Ground['startEcho']>>) {
  await sleep(3_000);
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${first.pid}/status`, 'utf8')) ?? [];
  await first.end('SIGKILL');
  return { ready: first.readyAfterMs, memory: Number(kilobytes) / 1_000 };
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
  const [[echo = [], ...ready], [echoMemory = [], ...memory]] = [took('ready'), took('memory')];
  return [
    figureOf('start on PostgreSQL', 'ms', 'echo', ['ratio', '≤', 1.9], ready, [echo]),
    figureOf('start after kill -9', 'ms', 'start after Ctrl-C', ['ratio', '≤', 1.3], took('killed').slice(1), ready),
    figureOf('memory when idle', 'MB', 'echo', ['ratio', '≤', 1.5], memory, [echoMemory]),
  ];
}
