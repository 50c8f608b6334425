/** `npm run bench [-- NAME…] [--beside FOLDER] [--keep] [--rounds N]`: see docs/develop/development.md. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/store/postgres.ts';
import * as growth from './growth.ts';
import { start, watch } from './start.ts';
import { type Figure, isReached, keep, tableOf } from './support/figures.ts';
import { type Bench, build, endAll, openGround, root } from './support/harness.ts';
import { append, clicks, crowd, turns } from './turns.ts';

type Measure = (bench: Bench) => Promise<readonly Figure[]>;
const benches: Readonly<Record<string, Measure>> = { turns, clicks, start, crowd, append, watch, ...growth };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { beside: { type: 'string' }, keep: { type: 'boolean' }, rounds: { type: 'string', default: '5' } },
});
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const checkouts = [root, ...(values.beside === undefined ? [] : [path.resolve(values.beside)])];
for (const checkout of checkouts) await build(checkout);
const postgres = await startPostgres({ settings: ['fsync=on', 'full_page_writes=on', 'max_connections=300'] });
if (postgres === null) throw new Error('there is no PostgreSQL to measure on');
// The older checkout's bot starts first: the newer one migrates its database.
const used = await postgres.newDatabase();
await (await (await openGround({ checkouts })).startBot(checkouts.at(-1) ?? root, used)).end('SIGINT');
const bench = {
  checkouts,
  rounds: Number(values.rounds),
  newDatabase: (copied = used) => postgres.newDatabase(copied),
};

const figures: Figure[] = [];
for (const name of names) {
  const measure = benches[name];
  if (measure === undefined) throw new Error(`no ${name}: there are ${Object.keys(benches).join(', ')}`);
  endAll();
  const measured = await measure(bench);
  console.log(`\n${name}, ${new Date().toISOString()}\n\n${tableOf(measured)}`);
  figures.push(...measured);
  if (values.keep) keep(measured);
}
const missed = figures.filter((figure) => !isReached(figure));
console.log(
  `\n${figures.length} floors, ${missed.length} missed${missed.map(({ what }) => `\nmissed: ${what}`).join('')}`,
);
await postgres.stop();
process.exit(missed.length > 0 ? 1 : 0);
