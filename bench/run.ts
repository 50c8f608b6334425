/** `npm run bench [-- NAME…] [--keep] [--charts FOLDER] [--rounds N] [--sizes 10,100,…] [--agents N] [--runs N] [--waiting N] [--events 100000,…]`: measures the product beside what it is compared with. */
import { parseArgs } from 'node:util';
import { startPostgres, type TestPostgres } from '../test/support/postgres.ts';
import { append } from './append.ts';
import { clicks } from './clicks.ts';
import { crowd } from './crowd.ts';
import { growth } from './growth.ts';
import { growthAgents } from './growth-agents.ts';
import { growthApprovers } from './growth-approvers.ts';
import { growthEvents } from './growth-events.ts';
import { localAzure } from './local-azure.ts';
import { million } from './million.ts';
import { plan } from './plan.ts';
import { start } from './start.ts';
import type { Measured } from './support/figures.ts';
import { buildAll, type Ground, openGround } from './support/product.ts';
import { draw, keep, told } from './support/report.ts';
import { tenant } from './tenant.ts';
import { turns } from './turns.ts';
import { verify } from './verify.ts';

interface Given {
  readonly ground: Ground;
  readonly postgres: TestPostgres;
  readonly rounds: number;
  readonly sizes: readonly number[];
  /** How many agents a tenant has. */
  readonly agents: number;
  /** How many runs at once, and how many requests that wait, make a crowd. */
  readonly runs: number;
  readonly waiting: number;
  /** How long the records are, one after the other. */
  readonly events: readonly number[];
}

/** A record has more events than there is of anything else. */
const tenTimes = (sizes: readonly number[]): readonly number[] => [...sizes, (sizes.at(-1) ?? 1) * 10];

const benchmarks: Readonly<Record<string, (given: Given) => Promise<Measured>>> = {
  turns: async ({ ground, postgres, rounds }) => turns(ground, await postgres.newDatabase(), rounds, 2_000),
  clicks: async ({ ground, postgres, rounds }) => clicks(ground, await postgres.newDatabase(), rounds),
  start: async ({ ground, postgres, rounds }) => start(ground, await postgres.newDatabase(), rounds),
  growth: ({ ground, postgres, sizes }) => growth(ground, () => postgres.newDatabase(), sizes),
  'growth-agents': ({ postgres, sizes, rounds }) =>
    growthAgents(() => postgres.newDatabase(), sizes, Math.min(rounds, 3)),
  'growth-events': ({ ground, postgres, sizes }) => growthEvents(ground, () => postgres.newDatabase(), tenTimes(sizes)),
  'growth-approvers': ({ postgres, sizes }) => growthApprovers(() => postgres.newDatabase(), sizes),
  plan: ({ postgres, rounds }) => plan(() => postgres.newDatabase(), Math.min(rounds, 3)),
  'local-azure': ({ rounds }) => localAzure(rounds, 400),
  crowd: ({ ground, postgres, runs, waiting }) => crowd(ground, () => postgres.newDatabase(), { runs, waiting }),
  tenant: async ({ ground, postgres, rounds, agents }) =>
    tenant(ground, await postgres.newDatabase(), Math.min(rounds, 3), agents),
  append: async ({ postgres, rounds }) => append(await postgres.newDatabase(), rounds),
  verify: async ({ rounds }) => verify(rounds),
  million: ({ postgres, events }) => million(() => postgres.newDatabase(), events),
};
/** Takes an hour or more: only where it is named. */
const onlyNamed = ['million'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    charts: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '10,100,1000,10000' },
    agents: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '100' },
    waiting: { type: 'string', default: '1000' },
    events: { type: 'string', default: '100000,1000000' },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

await buildAll();
const postgres = await startPostgres({ settings: ['fsync=on', 'full_page_writes=on'] });
if (postgres === null) throw new Error('there is no PostgreSQL to measure on');
const rounds = Number(values.rounds);
const sizes = values.sizes.split(',').map(Number);
const events = values.events.split(',').map(Number);
for (const [name, measure] of Object.entries(benchmarks)) {
  const wanted = positionals.length === 0 ? !onlyNamed.includes(name) : positionals.includes(name);
  if (!wanted) continue;
  const ground = await openGround();
  try {
    const measured = await measure({
      ground,
      postgres,
      rounds,
      sizes,
      events,
      agents: Number(values.agents),
      runs: Number(values.runs),
      waiting: Number(values.waiting),
    });
    console.log(told(measured));
    if (values.keep) keep(measured);
    if (values.charts !== undefined) draw(measured, values.charts);
  } finally {
    await ground.close();
  }
}
await postgres.stop();
process.exit(0);
