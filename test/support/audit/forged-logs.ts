/** Everything that somebody could do to a published log, by kind, and whether its reader can find it. */
import { keyLine, signingKey } from '../../../src/audit/tlog/keys.ts';
import { bundleOf, entriesIn } from '../../../src/audit/tlog/tiles.ts';
import type { Judge, Log } from './outside-judges.ts';
import { inMemory, logKey, logName, publisherOf } from './published-log.ts';
import { logOf, rejected, succeeds } from './sealed-log.ts';

const lives = [rejected, succeeds];
const { bodies } = logOf(lives);
const sizes = [1, 3, 8, bodies.length];

async function published(bodies: readonly string[], key = logKey): Promise<Log> {
  const log = new Map<string, Buffer>();
  const record: string[] = [];
  const publisher = publisherOf(inMemory(log), record, key);
  for (const size of sizes) {
    record.push(...bodies.slice(record.length, size));
    await publisher.publish();
  }
  return log;
}

const log = await published(bodies);
const newest = bodies.length;
const bundle = `tile/entries/000.p/${newest}`;
const entries = entriesIn(log.get(bundle) ?? Buffer.of()) ?? [];
const older = sizes.slice(0, -1);

const withFile = (name: string, bytes: Buffer): Log => new Map(log).set(name, bytes);
const each = (change: (index: number) => readonly Buffer[]): readonly Log[] =>
  entries.map((_, index) => withFile(bundle, bundleOf(change(index))));
const at = (size: number, of = log): Buffer => of.get(`checkpoints/${size}`) ?? Buffer.of();

/** Another bit of each file in each run. Beginnings of tiles that have grown since are read by nobody. */
const flips = [...log].flatMap(([name, bytes]) => {
  if (name === 'keys.txt' || (name.includes('.p/') && !name.endsWith(`.p/${newest}`))) return [];
  return Array.from({ length: 4 }, () => {
    const copy = Buffer.from(bytes);
    const offset = Math.floor(Math.random() * bytes.length);
    copy[offset] = (copy[offset] ?? 0) ^ (1 << (offset % 8));
    return withFile(name, copy);
  });
});

type Kind = readonly [what: string, logs: readonly Log[], isFound: boolean];

async function forgedLogs(): Promise<readonly Kind[]> {
  const other = await published(logOf(lives, 2).bodies);
  const forged = await published(logOf(lives, 2).bodies, signingKey(logName, 'log', Buffer.alloc(32, 9)));
  const others = entriesIn(other.get(bundle) ?? Buffer.of()) ?? [];
  const putBack = (size: number): Log =>
    new Map([...withFile('checkpoint', at(size))].filter(([name]) => !(Number(name.split('checkpoints/')[1]) > size)));
  return [
    ['nothing', [log], false],
    ['a bit of a byte of each file', flips, true],
    ['an event deleted', each((n) => entries.toSpliced(n, 1)), true],
    ['an event doubled', each((n) => entries.toSpliced(n, 0, entries[n] ?? Buffer.of())), true],
    [
      'an event moved to the beginning',
      each((n) => [entries[n + 1] ?? Buffer.of(), ...entries.toSpliced(n + 1, 1)]),
      true,
    ],
    ['an event of another log in its place', each((n) => entries.with(n, others[n] ?? Buffer.of())), true],
    ['cut off behind each event, the checkpoint left', each((n) => entries.slice(0, n)), true],
    ['an older checkpoint in place of the newest', older.map((size) => withFile('checkpoint', at(size))), true],
    ['all of it rewritten and signed with another key', [forged], true],
    [
      'all of it rewritten, an older checkpoint left',
      sizes.map((size) => new Map(other).set(`checkpoints/${size}`, at(size))),
      true,
    ],
    ['all of it rewritten and signed with the log’s key', [other], false],
    ['put back as it once was, with everything that shows more taken away', older.map(putBack), false],
  ];
}

/** What the judge says otherwise than it has to: nothing, if all is well. */
export async function misjudged(judge: Judge): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [what, logs, isFound] of await forgedLogs()) {
    const said = await judge(logs, keyLine(logKey.verifier));
    if (said.length !== logs.length) throw new Error(`${said.length} answers to ${logs.length} logs`);
    wrong.push(...said.filter((one) => (one !== 'ok') !== isFound).map((one) => `${what}: ${one}`));
  }
  return wrong;
}
