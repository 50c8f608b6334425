/** What a record costs as it becomes longer: lists, histories, a decision, a start; and verifying, which reads all of it. */
import path from 'node:path';
import { approver } from '../src/local/people.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { requestId } from '../test/support/fixtures.ts';
import { sealKeysFor, writeServerSealKey } from '../test/support/seal-keys.ts';
import type { Child } from './support/child.ts';
import { alone, type Measured } from './support/figures.ts';
import { askInTurn, botMemory, chartOf, type Growing, inTurn, linear, steady, Took, weigh } from './support/growing.ts';
import { type Load, openLoad, wellSent } from './support/load.ts';
import { fill } from './support/long-record.ts';
import { measureProcess } from './support/measure-process-run.ts';
import { fillOpen } from './support/open-requests.ts';
import { activityOf, built, type Ground } from './support/product.ts';
import { questions } from './support/questions.ts';

const often = { warmUp: 20, samples: 25 };
const starts = 3;
/** Numbers of the open requests that are decided upon: no life that has ended has their ids. */
const firstOpen = 900_000;
const asked = ['/cmk-requests', '/cmk-history', '/cmk-history agent-1', '/cmk-history CMK-000001', '/metrics'] as const;
const [start, decision, verify] = ['start', 'a click that decides', 'audit verify'] as const;

/** A record of so many events of requests that have ended, and a few open ones behind them. */
async function made(url: string, events: number): Promise<void> {
  const at = { kind: 'postgres', url, maxConnections: 2 } as const;
  const database = await openDatabase(at);
  try {
    await migrate(database, 'the database');
    await fill(database, await sealKeysFor(at), events);
  } finally {
    await database.close();
  }
  await fillOpen(url, firstOpen, firstOpen + often.warmUp + often.samples);
}

interface Place {
  readonly url: string;
  readonly bot: Child;
}

async function verified(url: string, keyFile: string): Promise<void> {
  const args = [path.join(built, 'cmk-bot.mjs'), 'audit', 'verify', '--seal-key', keyFile];
  const { code, out } = await measureProcess(args, { DATABASE_URL: url, CMK_SEAL_KEY_FILE: keyFile });
  if (code !== 0) throw new Error(`audit verify: ended with ${code}: ${out.slice(0, 500)}`);
}

/** From one open request to the next: each is decided upon once. */
function decisions(ground: Ground, { bot }: Place, load: Load): () => Promise<void> {
  let open = firstOpen;
  return () => {
    open += 1;
    const data = { requestId: requestId(open), revision: 1, comment: 'no' };
    const value = { action: { type: 'Action.Execute', verb: 'request.reject', data } };
    const click = activityOf(ground.connector, approver, { type: 'invoke', name: 'adaptiveCard/action', value });
    return wellSent(load, bot.url, click, 'Rejected');
  };
}

/** Each record's bot is started so often, and the last ones stay. */
async function started(ground: Ground, urls: readonly string[], took: Took): Promise<readonly Place[]> {
  const ready = urls.map((): number[] => []);
  for (let n = 0; n < starts; n += 1)
    for (const [index, url] of urls.entries()) {
      const bot = await ground.start(url, { CMK_ANCHOR: 'none' });
      ready[index]?.push(bot.readyAfterMs);
      await bot.end('SIGINT');
    }
  took.set(start, ready);
  return Promise.all(urls.map(async (url) => ({ url, bot: await ground.start(url, { CMK_ANCHOR: 'none' }) })));
}

async function asks(ground: Ground, places: readonly Place[], took: Took): Promise<void> {
  const load = openLoad(1);
  try {
    const asking = places.map(({ bot }) => questions(ground, bot.url, load));
    await askInTurn(took, often, asked, asking);
    const deciding = places.map((place) => decisions(ground, place, load));
    took.set(decision, await inTurn(often, deciding));
    weigh(
      took,
      places.map(({ bot }) => bot),
    );
  } finally {
    load.close();
  }
}

/** The records stand side by side, each with a bot of its own. */
export async function growthEvents(
  ground: Ground,
  newDatabase: () => Promise<string>,
  sizes: readonly number[],
): Promise<Measured> {
  const took = new Took();
  const keyFile = await writeServerSealKey(ground.azure.dataDir);
  const urls: string[] = [];
  for (const size of sizes) {
    const url = await newDatabase();
    await made(url, size);
    urls.push(url);
  }
  const places = await started(ground, urls, took);
  try {
    await asks(ground, places, took);
  } finally {
    await Promise.all(places.map(({ bot }) => bot.end('SIGKILL')));
  }
  const verifying = urls.map((url) => () => verified(url, keyFile));
  took.set(verify, await inTurn({ warmUp: 0, samples: starts }, verifying));
  const growing: Growing = { over: 'events', sizes };
  const names = [...asked, decision];
  return {
    name: 'growth-events',
    figures: [
      ...names.map((name) => steady(name, growing, took.of(name))),
      linear(start, growing, took.of(start)),
      linear(verify, growing, took.of(verify)),
      alone(`memory of the bot with ${sizes.at(-1)} events`, 'MB', took.of(botMemory).at(-1) ?? [], null),
    ],
    growth: [
      chartOf(growing, took, names),
      chartOf(growing, took, [start, verify]),
      chartOf(growing, took, [botMemory], 'MB'),
    ],
  };
}
