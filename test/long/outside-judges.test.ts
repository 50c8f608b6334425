import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../src/audit/anchor/files.ts';
import { AnchorReader, AnchorUnusable } from '../../src/audit/anchor/read-anchor.ts';
import { readKeyLine, signingKey, type VerifierKey } from '../../src/audit/tlog/keys.ts';
import { type Finding, hashOf, lineFrom } from '../../src/audit/verify.ts';
import { AuditLogVerifier } from '../../src/audit/verify-audit-log.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import {
  changedSource,
  cut,
  deleted,
  doubled,
  flips,
  type LogFiles,
  olderNewest,
  putBack,
  readLogFiles,
  replacedBy,
  spliced,
  swapped,
} from '../support/audit/log-changes.ts';
import { type Change, goJudge, type Judge, pythonJudge } from '../support/audit/outside-judges.ts';
import { newFolder, publisherOf } from '../support/audit/published-log.ts';
import { table } from '../support/docs/table.ts';
import { approvalCard, approve, ask, choices, people, places, shows } from '../support/world/story.ts';
import { startWorld } from '../support/world/world.ts';

/**
 * A record of real requests, published, and everything that somebody could do to it: judged by our verifier, by the one in
 * Python that shares no code with it, and by Go's x/mod/sumdb, which nobody of this project wrote. All three have to agree.
 */

const origin = 'bot.example/audit';
const folders: string[] = [];
let log: LogFiles;
let folder: string;
let keyFile: string;
let judges: readonly { readonly name: string; readonly judge: Judge }[];

const keysIn = async (file: string): Promise<readonly VerifierKey[]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => {
      const key = readKeyLine(line);
      if (typeof key === 'string') throw new Error(`${key}: ${line}`);
      return key;
    });

const ours: Judge = async (_folder, given, changes) => {
  const keys = await keysIn(given);
  return Promise.all(
    changes.map(async (change) => {
      const source = changedSource(log, change);
      const reader = await AnchorReader.open(source, keys).catch((error: unknown) => {
        if (error instanceof AnchorUnusable) return error.message;
        throw error;
      });
      if (typeof reader === 'string') return reader;
      const bodies: string[] = [];
      for await (const body of reader.bodies()) bodies.push(body);
      const [first] = reader.findings.length > 0 ? reader.findings : replayed(bodies);
      if (first !== undefined) return `event ${first.seq}: ${first.kind}`;
      return reader.keysMissing > 0 ? 'a key of the log is missing' : 'ok';
    }),
  );
};

/** What is wrong with events that are signed as they are: their chain and their rules. */
function replayed(bodies: readonly string[]): readonly Finding[] {
  const verifier = new AuditLogVerifier({ keys: null, bodiesOnly: true });
  for (const body of bodies) verifier.event(lineFrom(body));
  return verifier.end(verifier.last).findings;
}

/** Publishes the lines in steps, under any key, in a folder of its own. */
async function publish(bodies: readonly string[], sizes: readonly number[], seed: Buffer): Promise<LogFiles> {
  const at = await newFolder();
  folders.push(at);
  const record: string[] = [];
  const publisher = publisherOf(anchorFolder(at), record, signingKey(origin, 'log', seed));
  for (const size of sizes) {
    record.push(...bodies.slice(record.length, size));
    await publisher.publish();
  }
  return readLogFiles(at);
}

/** The same requests as somebody would have liked them: one word another, every hash made anew. */
function rewritten(entries: readonly Buffer[]): string[] {
  let prev = '0'.repeat(64);
  return entries.map((entry) => {
    const body = canonicalJson({ ...JSON.parse(entry.toString('utf8').replaceAll('20000000-', '90000000-')), prev });
    prev = hashOf(body);
    return body;
  });
}

let seed: Buffer;

beforeAll(async () => {
  const world = await startWorld({ env: { CMK_CHECKPOINT_EVERY: '200ms', CMK_LOG_NAME: origin } });
  try {
    const rejected = await ask(world, choices.test);
    await world.teams.click(people.approver, (await approvalCard(world, rejected)).id, 'request.reject', {
      inputs: { comment: 'Not this week' },
    });
    const id = await ask(world, choices.first);
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded|is under/);
    await world.endBot('SIGINT');
    folder = await newFolder();
    folders.push(folder);
    await rm(folder, { recursive: true });
    await cp(path.join(world.dataDir, 'anchor'), folder, { recursive: true });
    const text = await readFile(path.join(world.dataDir, 'log.key'), 'utf8');
    seed = Buffer.from(text.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '', 'base64');
  } finally {
    await world.end();
  }
  log = await readLogFiles(folder);
  keyFile = path.join(await newFolder(), 'keys.txt');
  folders.push(path.dirname(keyFile));
  const lines = await readFile(path.join(folder, 'keys.txt'), 'utf8');
  await writeFile(keyFile, lines);
  const outside = [
    { name: 'Python', judge: await pythonJudge() },
    { name: 'Go', judge: await goJudge() },
  ];
  const missing = outside.filter(({ judge }) => judge === null).map(({ name }) => name);
  if (missing.length > 0) process.stdout.write(`not asked, because it is not here: ${missing.join(', ')}\n`);
  judges = [{ name: 'ours', judge: ours }, ...outside.flatMap(({ name, judge }) => (judge ? [{ name, judge }] : []))];
}, 300_000);
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true, force: true }))));

test('a log of real requests is accepted by all of them', async () => {
  expect(log.entries.length).toBeGreaterThan(15);
  expect(log.sizes.length).toBeGreaterThan(2);
  for (const { name, judge } of judges) expect([name, await judge(folder, keyFile, [{}])]).toEqual([name, ['ok']]);
});

/** All of them take two minutes on an idle machine: `CMK_EVERY_BYTE=1`. Else another share each time. */
const every = process.env.CMK_EVERY_BYTE === '1' ? 1 : 16;
const from = every === 1 ? 0 : Math.floor(Math.random() * every);

test('every change of it is found by each of them, but for those that only a witness or a copy shows', async () => {
  const other = await publish(rewritten(log.entries), log.sizes, seed);
  const forged = await publish(rewritten(log.entries), log.sizes, Buffer.alloc(32, 9));
  const kinds: readonly (readonly [what: string, changes: readonly Change[], found: 'found' | 'not found'])[] = [
    [
      every === 1 ? 'a bit of every byte' : `a bit of every ${every}th byte, from the ${from}th`,
      flips(log, every, from),
      'found',
    ],
    ['an event deleted', deleted(log), 'found'],
    ['an event doubled', doubled(log), 'found'],
    ['two events swapped', swapped(log), 'found'],
    ['an event of another log in its place', spliced(log, other), 'found'],
    ['cut off behind each event, the checkpoint left', cut(log), 'found'],
    ['an older checkpoint put in place of the newest', olderNewest(log), 'found'],
    ['all of it rewritten and signed with another key', [replacedBy(log, forged, [])], 'found'],
    [
      'all of it rewritten and signed with the log’s key, one older checkpoint left',
      log.sizes.map((one) => replacedBy(log, other, [one])),
      'found',
    ],
    ['all of it rewritten and signed with the log’s key', [replacedBy(log, other, [])], 'not found'],
    ['put back as it once was, with everything that shows more taken away', putBack(log), 'not found'],
  ];
  const rows: string[][] = [];
  const unexpected: string[] = [];
  for (const [what, changes, expected] of kinds) {
    const counts: string[] = [];
    for (const { name, judge } of judges) {
      const verdicts = await judge(folder, keyFile, changes);
      expect(verdicts).toHaveLength(changes.length);
      const missed = changes.filter((_, index) => (verdicts[index] === 'ok') === (expected === 'found'));
      unexpected.push(
        ...missed.slice(0, 3).map((change) => `${name}, ${what}: ${JSON.stringify(change).slice(0, 200)}`),
      );
      counts.push(String(verdicts.filter((verdict) => verdict !== 'ok').length));
    }
    rows.push([what, String(changes.length), ...counts]);
  }
  process.stdout.write(
    `${table('Changes of a published log', ['change', 'number', ...judges.map(({ name }) => name)], rows)}\n`,
  );
  expect(unexpected).toEqual([]);
}, 1_200_000);
