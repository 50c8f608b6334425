/**
 * A long record on both databases: how long each export, each verification and what a start reads of it take, and how much
 * memory at the most. Memory that grows with the record would show between the sizes.
 */
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { alone, type Figure, type Growth, type Measured } from './support/figures.ts';
import { fill } from './support/long-record.ts';
import { measureProcess, type Run } from './support/measure-process-run.ts';
import { benchKeys, placeOf } from './support/places.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const cache = path.join(root, 'node_modules/.cache/cmk-bot');
/** What production runs, as the other benchmarks have it built. */
const commandLine = path.join(cache, 'bench/cmk-bot.mjs');
const publishing = path.join(root, 'bench/support/publish-process.ts');

/** Of one command, at one size. */
interface Row extends Run {
  readonly what: string;
  readonly note: string;
}

async function made(place: string, events: number): Promise<void> {
  const database = await openDatabase(placeOf(place));
  try {
    await migrate(database, place);
    await fill(database, benchKeys, events);
  } finally {
    await database.close();
  }
}

/** Everything that reads a whole record, each in a process of its own. */
async function readings(place: string, folder: string): Promise<readonly Row[]> {
  const keyFile = path.join(folder, 'seal.key');
  const [anchor, whole] = [path.join(folder, 'anchor'), path.join(folder, 'whole')];
  await writeFile(keyFile, `${benchKeys.map((key) => key.toString('base64')).join('\n')}\n`, { mode: 0o600 });
  const server = place.startsWith('postgres');
  const env = server ? { DATABASE_URL: place, CMK_SEAL_KEY_FILE: keyFile } : { CMK_DATA_DIR: place };
  const rows: Row[] = [];
  const run = async (what: string, args: readonly string[], into: string | null = null): Promise<void> => {
    const measured = await measureProcess(args, env, into);
    if (measured.code !== 0) throw new Error(`${what}: ended with ${measured.code}: ${measured.out.slice(0, 500)}`);
    const written = into === null ? '' : `, ${((await stat(into)).size / 2 ** 20).toFixed(0)} MB written`;
    const note = `${measured.cpuSeconds.toFixed(1)} s of a processor${written}`;
    rows.push({ ...measured, what, note });
    console.log(`  ${what}: ${measured.seconds.toFixed(1)} s, ${measured.peakMb.toFixed(0)} MB at most, ${note}`);
  };
  const cli = (what: string, args: readonly string[], into: string | null = null) =>
    run(what, [commandLine, 'audit', ...args], into);
  for (const format of ['csv', 'cloudevents', 'jsonl']) {
    await cli(`export ${format}`, ['export', '--format', format], whole);
  }
  await cli('export one request', ['export', '--format', 'jsonl', '--request', 'CMK-000001'], `${whole}.part`);
  await cli('verify the store', ['verify', '--seal-key', keyFile]);
  await cli('verify an export', ['verify', whole, '--seal-key', keyFile]);
  await cli('verify against an export', ['verify', '--against', whole, '--seal-key', keyFile]);
  const publish = (what: string) => run(what, ['--import', 'tsx', publishing, place, anchor]);
  await publish('first start: read and publish');
  await publish('later start: read and compare');
  const keys = path.join(anchor, 'keys.txt');
  await cli('verify a published log', ['verify', anchor, '--log-key', keys]);
  await cli('verify with that log', ['verify', '--anchor', anchor, '--log-key', keys, '--seal-key', keyFile]);
  return rows;
}

async function atSize(postgresUrl: string | null, events: number): Promise<readonly Row[]> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'million-'));
  try {
    const place = postgresUrl ?? path.join(folder, 'data');
    console.log(`${postgresUrl === null ? 'PGlite' : 'PostgreSQL'}, ${events} events`);
    await made(place, events);
    return await readings(place, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const memory = (name: string, sizes: readonly number[], at: readonly (readonly Row[])[]): Growth => ({
  over: `events, on ${name}`,
  unit: 'MB',
  sizes,
  lines: (at[0] ?? []).map(({ what }) => ({
    name: what,
    values: at.map((rows) => rows.find((row) => row.what === what)?.peakMb ?? Number.NaN),
  })),
});

/** `newDatabase` gives an empty database on a server. The figures are those of the last size. */
export async function million(newDatabase: () => Promise<string>, sizes: readonly number[]): Promise<Measured> {
  const figures: Figure[] = [];
  const growth: Growth[] = [];
  for (const name of ['PostgreSQL', 'PGlite']) {
    const at: (readonly Row[])[] = [];
    for (const size of sizes) at.push(await atSize(name === 'PostgreSQL' ? await newDatabase() : null, size));
    for (const { what, seconds, peakMb, note } of at.at(-1) ?? []) {
      const said = `${name}, ${sizes.at(-1)} events: ${what}`;
      figures.push(alone(said, 's', [seconds], null, note), alone(`${said}: memory`, 'MB', [peakMb], null));
    }
    growth.push(memory(name, sizes, at));
  }
  return { name: 'million', figures, growth };
}
