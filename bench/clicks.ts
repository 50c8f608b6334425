/**
 * How long somebody who decides waits for the answer, beside the least that a bot needs for it: an echo, and one row that is
 * committed. One click at a time, each on a request of its own, with time between for what follows from it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';
import { approver, requester } from '../src/local/people.ts';
import { requestId } from '../test/support/fixtures.ts';
import { compare, type Measured, percentile } from './support/figures.ts';
import { fill } from './support/fill.ts';
import { type Load, openLoad } from './support/load.ts';
import { activityOf, type Ground } from './support/product.ts';

const perRound = 40;
const warmUp = 60;
const betweenMs = 100;
/** About as long as an event is. */
const row = 'x'.repeat(1_500);

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  await pause(betweenMs);
  return ms;
}

function people(ground: Ground, load: Load, pool: Pool) {
  const say = async (url: string, activity: object, wanted: string): Promise<void> => {
    const { status, body } = await load.send(url, activity);
    if (status !== 200 || !body.includes(wanted)) throw new Error(`${status} ${body.slice(0, 300)}`);
  };
  return {
    echo: (url: string) => say(url, activityOf(ground.connector, requester, { text: 'hello' }), ''),
    insert: async () => {
      await pool.query('insert into plain.decision (body) values ($1)', [row]);
    },
    reject: (url: string, n: number) => {
      const data = { requestId: requestId(n), revision: 1, comment: 'no' };
      const value = { action: { type: 'Action.Execute', verb: 'request.reject', data } };
      const click = activityOf(ground.connector, approver, { type: 'invoke', name: 'adaptiveCard/action', value });
      return say(url, click, 'Rejected');
    },
  };
}

/** `databaseUrl`: an empty database of a server that waits for the disk. */
export async function clicks(ground: Ground, databaseUrl: string, rounds: number): Promise<Measured> {
  await fill(databaseUrl, 0, warmUp + rounds * perRound);
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  const [echo, bot] = [await ground.startEcho(), await ground.start(databaseUrl, { CMK_ANCHOR: 'none' })];
  const load = openLoad(1);
  const { echo: hear, insert, reject } = people(ground, load, pool);
  const least = async (): Promise<void> => {
    await hear(echo.url);
    await insert();
  };
  try {
    await pool.query('create schema plain; create table plain.decision (n bigserial primary key, body text)');
    let n = 0;
    const both: { readonly ours: number; readonly baseline: number }[] = [];
    // The first round warms both up.
    for (let round = 0; round <= rounds; round += 1) {
      const [ours, baseline]: [number[], number[]] = [[], []];
      for (let sample = 0; sample < (round === 0 ? warmUp : perRound); sample += 1) {
        n += 1;
        const mine = n;
        ours.push(await timed(() => reject(bot.url, mine)));
        baseline.push(await timed(least));
      }
      if (round > 0) both.push({ ours: percentile(ours, 0.5), baseline: percentile(baseline, 0.5) });
    }
    const what = 'a decision: half of the clicks are answered within';
    return { name: 'clicks', figures: [compare(what, 'ms', both, 'echo and a committed INSERT', { atMost: 1.5 })] };
  } finally {
    load.close();
    await pool.end();
    await Promise.all([echo.end('SIGKILL'), bot.end('SIGKILL')]);
  }
}
