/** Measures turns, decisions and appended events, each next to its baseline. */
import { approver, requester, secondApprover, teamMember } from '../sandbox/people.ts';
import { approve, checkRun, intends } from '../test/support/builders/commands.ts';
import { requestId, resourceId } from '../test/support/builders/fixtures.ts';
import { type Figure, figureOf, inTurn, percentile, timed } from './support/figures.ts';
import { bareInsert, type Commands, connect, fill, openStore, until, waiting } from './support/fill.ts';
import { type Bench, openGround } from './support/harness.ts';
import { decision, drive, message, review, send } from './support/people.ts';

const readers = [requester, approver, secondApprover, teamMember];
const count = 2_000;
const floors = { '/cmk-help': 0.7, '/cmk-requests': 0.45 };

/** Turns per second, 16 in parallel, of everyone with read access. Baseline: an echo. */
export async function turns(bench: Bench): Promise<readonly Figure[]> {
  const { checkouts, newDatabase, rounds } = bench;
  const ground = await openGround(bench);
  const echo = await ground.startEcho();
  const bots = await Promise.all(checkouts.map(async (checkout) => ground.startBot(checkout, await newDatabase())));
  const figures: Figure[] = [];
  for (const [text, floor] of Object.entries(floors)) {
    const works = [echo, ...bots].map(({ url }) => async () => {
      const say = (n: number) => send(url, message(ground, text, readers[n % readers.length]));
      return { perSecond: (count * 1_000) / (await timed(() => drive(count, 16, say))) };
    });
    const [baseline = [], ...values] = (await inTurn({ rounds }, works))('perSecond');
    figures.push(figureOf(`turns: ${text}`, 'per second', 'echo', ['ratio', '≥', floor], values, [baseline]));
  }
  return figures;
}

/** Decisions, one at a time with a pause for the consequences. Baselines: an echo and a committed INSERT. */
export async function clicks(bench: Bench): Promise<readonly Figure[]> {
  const { checkouts, newDatabase, rounds } = bench;
  const ground = await openGround(bench);
  const filled = await newDatabase();
  const perRound = 40;
  await fill(bench, filled, 0, (rounds + 2) * perRound, waiting);
  const bots = await Promise.all(checkouts.map(async (one) => ground.startBot(one, await newDatabase(filled))));
  const echo = await ground.startEcho();
  const insert = await bareInsert(await newDatabase());
  const least = () => send(echo.url, message(ground, 'hello')).then(insert);
  const works = bots.map(({ url }) => async (n: number) => ({
    ms: await timed(() => send(url, decision(ground, 'reject', requestId(n)), 'Rejected')),
  }));
  const plan = { rounds, perRound, warmUp: 2, pauseMs: 80 };
  const took = await inTurn(plan, [async () => ({ ms: await timed(least) }), ...works]);
  const [baseline = [], ...values] = took('ms');
  return [figureOf('a click that decides: median', 'ms', 'echo and INSERT', ['ratio', '≤', 2.6], values, [baseline])];
}

const runs = 100;
const atOnce = 8;

/** Submits a request for each agent, approves all of them, and waits until every run has succeeded. */
async function approveAll(bench: Bench, checkout: string, database: string) {
  const ground = await openGround(bench, runs);
  const echo = await ground.startEcho();
  const bot = await ground.startBot(checkout, database);
  const pool = connect(database);
  const ids: string[] = [];
  for (let n = 1; n <= runs; n += 1) ids.push(await (await review(ground, bot.url, n))());
  await until(pool, 0, "pgboss.job where data->>'kind' in ('show', 'call')");
  const hello = await drive(runs, atOnce, () => send(echo.url, message(ground, 'hello')));
  const took = await drive(runs, atOnce, (n) => send(bot.url, decision(ground, 'approve', ids[n] ?? ''), 'pproved'));
  await until(pool, runs, "cmk.event where body::json ->> 'type' = 'succeeded'");
  await pool.end();
  for (const { end } of [bot, echo, ground.azure]) await end('SIGKILL');
  return { bot: percentile(took, 0.95), echo: percentile(hello, 0.95) };
}

/** Eight concurrent approvals while earlier runs are in progress. Baseline: an echo. */
export async function crowd(bench: Bench): Promise<readonly Figure[]> {
  const works = bench.checkouts.map((checkout) => async () => approveAll(bench, checkout, await bench.newDatabase()));
  const took = await inTurn({ rounds: Math.min(bench.rounds, 3), warmUp: 0 }, works);
  const what = `clicks while ${runs} runs are under way: 95 of 100 within`;
  return [figureOf(what, 'ms', 'echo', ['value', '≤', 600], took('bot'), took('echo'))];
}

const toFirstStep: Commands = (agent) => [
  ...waiting(agent),
  ['click:approve', approve()],
  ['run:1/check', checkRun(resourceId(agent))],
  ['run:1/enable-identity/1/intent', intends()],
];

/** Appended events per second: for each request first as many baseline rows as it has events, then each checkout. */
export async function append({ checkouts, newDatabase, rounds }: Bench): Promise<readonly Figure[]> {
  const databases = await Promise.all(checkouts.map(() => newDatabase()));
  const stores = await Promise.all(checkouts.map((one, n) => openStore(one, databases[n] ?? '', toFirstStep)));
  await Promise.all(stores.map(({ append }) => append(0)));
  const { events } = (await connect(databases[0] ?? '').query('select seq::int as events from cmk.chain_head')).rows[0];
  const insert = await bareInsert(await newDatabase());
  const bare = async () => {
    for (let event = 0; event < events; event += 1) await insert();
  };
  const works = [bare, ...stores.map((store) => store.append)].map((work) => async (n: number) => ({
    perSecond: (events * 1_000) / (await timed(() => work(n))),
  }));
  const [baseline = [], ...values] = (await inTurn({ rounds, perRound: 60 }, works))('perSecond');
  return [figureOf('events appended', 'per second', 'a bare INSERT each', ['value', '≥', 200], values, [baseline])];
}
