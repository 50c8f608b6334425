/** Measures eight concurrent approvals while earlier runs are in progress. Baseline: an echo. */
import { type Figure, figureOf, inTurn, percentile } from './support/figures.ts';
import { connect, until } from './support/fill.ts';
import { type Bench, openGround } from './support/harness.ts';
import { decision, drive, message, review, send } from './support/people.ts';

const [runs, atOnce] = [100, 8];

/** Submits a request for each agent, approves all of them, and waits until every run has succeeded. */
async function approveAll(bench: Bench, checkout: string, database: string) {
  const ground = await openGround(bench, runs);
  const [echo, bot] = [await ground.startEcho(), await ground.startBot(checkout, database)];
  const pool = connect(database);
  const ids: string[] = [];
  for (let n = 1; n <= runs; n += 1) ids.push(await (await review(ground, bot.url, n))());
  await until(pool, 0, "cmk.outbox where kind in ('show', 'call')");
  const hello = await drive(runs, atOnce, () => send(echo.url, message(ground, 'hello')));
  const approve = (n: number) => send(bot.url, decision(ground, 'approve', ids[n] ?? ''), 'pproved');
  const approvals = await drive(runs, atOnce, approve);
  await until(pool, runs, "cmk.event where body::json ->> 'type' = 'succeeded'");
  await pool.end();
  for (const { end } of [bot, echo, ground.azure]) await end('SIGKILL');
  return { bot: percentile(approvals, 0.95), echo: percentile(hello, 0.95) };
}

export async function crowd(bench: Bench): Promise<readonly Figure[]> {
  const works = bench.checkouts.map((checkout) => async () => approveAll(bench, checkout, await bench.newDatabase()));
  const took = await inTurn({ rounds: Math.min(bench.rounds, 3), warmUp: 0 }, works);
  const what = `clicks while ${runs} runs are under way: 95 of 100 within`;
  return [figureOf(what, 'ms', 'echo', ['value', '≤', 600], took('bot'), took('echo'))];
}
