import { readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type RunningWitness, startWitness } from '../../../sandbox/witness.ts';
import { anchorFolder } from '../../../src/audit/anchor/anchor-folder.ts';
import type { AnchorContradicts } from '../../../src/audit/anchor/contradiction.ts';
import { knownHead } from '../../../src/audit/anchor/known-head.ts';
import { AnchorUnusable, openAnchor } from '../../../src/audit/anchor/read-anchor.ts';
import type { CosignOutcome } from '../../../src/audit/anchor/witnesses.ts';
import { readKeyLine, signingKey } from '../../../src/audit/tlog/keys.ts';
import { lineFrom } from '../../../src/audit/verify.ts';
import { openAuditLogVerifier } from '../../../src/audit/verify-audit-log.ts';
import type { AnchorFiles } from '../../../src/domain/ports/published-log.ts';
import { startHostileServer } from '../../support/attacks/hostile-server.ts';
import { misjudged } from '../../support/audit/forged-logs.ts';
import { type Judge, pythonJudge, sizesIn } from '../../support/audit/outside-judges.ts';
import {
  bodiesOf,
  bookInMemory,
  logKey,
  logName,
  publishedIn,
  publisherOf,
  suiteFolders,
} from '../../support/audit/published-log.ts';

describe('the publisher', () => {
  const folder = suiteFolders();
  const published = async (bodies: readonly string[], sizes: readonly number[]): Promise<string> =>
    publishedIn(await folder(), bodies, sizes);

  async function read(from: string, keys = [logKey.verifier]) {
    const reader = await openAnchor(anchorFolder(from), keys);
    const bodies: string[] = [];
    for await (const body of reader.bodies()) bodies.push(body);
    return { bodies, reader, findings: reader.findings.map(({ seq, kind }) => `${seq} ${kind}`) };
  }

  test('a symbolic link in place of a file of the log isn’t followed', async () => {
    const at = await folder();
    await writeFile(path.join(at, 'other'), 'of the bot');
    await symlink('other', path.join(at, 'checkpoint'));
    await expect(anchorFolder(at).read('checkpoint')).rejects.toThrow('is a symbolic link');
  });

  test.each([
    ['the same end', { seq: 5, hash: 'e'.repeat(64) }, 5, null],
    ['more events', { seq: 5, hash: 'e'.repeat(64) }, 9, null],
    ['fewer events', { seq: 5, hash: 'e'.repeat(64) }, 4, 'record-shorter'],
    ['another event in its place', { seq: 5, hash: 'f'.repeat(64) }, 9, 'record-differs'],
  ])('a record with %s than a process knew that found it changed', async (_what, known, events, kind) => {
    const files = anchorFolder(await folder());
    const record = { head: async () => ({ seq: events, hash: '' }), hashAt: async () => 'e'.repeat(64) };
    const fault = () =>
      knownHead.compare(files, logName, record).then(
        () => null,
        (error: AnchorContradicts) => error.kind,
      );
    expect(await fault()).toBeNull();
    await knownHead.leave(files, logName, known);
    expect(await fault()).toBe(kind);
    await files.write('known-head', Buffer.from('garbage'));
    expect(await fault()).toBe('not-this-log');
  });

  it('publishes what is new since, over several tiles, and keeps every checkpoint', async () => {
    const bodies = bodiesOf(1300);
    const sizes = [1, 2, 255, 256, 257, 300, 1300];
    const at = await published(bodies, sizes);
    const { bodies: found, reader, findings } = await read(at);
    expect(found).toEqual(bodies);
    expect(findings).toEqual([]);
    expect(reader.newest).toMatchObject({ size: 1300, origin: logName });
    const kept = await readdir(path.join(at, 'checkpoints'));
    expect(kept.map(Number).sort((a, b) => a - b)).toEqual(sizes);
    expect(reader.checkpoints).toBe(sizes.length);
  });

  it('signs a checkpoint of exactly the events up to each one that made a pack', async () => {
    const bodies = bodiesOf(300).map((body, n) =>
      n === 6 || n === 270 ? body.replace('{', '{"type":"evidence-made",') : body,
    );
    const at = await published(bodies, [300]);
    expect((await read(at)).findings).toEqual([]);
    expect((await readdir(path.join(at, 'checkpoints'))).map(Number).sort((a, b) => a - b)).toEqual([7, 271, 300]);
  });

  it.each([
    ['record-differs', 'an event that was published is another one now', bodiesOf(300).with(7, '{"seq":8}')],
    ['record-shorter', 'the end of the record was cut off', bodiesOf(290)],
  ])('refuses with %s where %s', async (kind, _, record) => {
    const at = await published(bodiesOf(300), [100, 300]);
    await expect(publisherOf(anchorFolder(at), record).publish()).rejects.toMatchObject({ kind, published: 300 });
    expect(await read(at)).toMatchObject({ findings: [] });
  });

  it.each([
    ['another key', signingKey(logName, 'log', Buffer.alloc(32, 9))],
    ['another name', signingKey('other.example/audit', 'log', Buffer.alloc(32, 1))],
  ])('does not publish on top of a log of %s', async (_, key) => {
    const at = await published(bodiesOf(3), [3]);
    await expect(publisherOf(anchorFolder(at), bodiesOf(4), key).publish()).rejects.toMatchObject({
      kind: 'not-this-log',
    });
  });

  it('goes on under a new key, and what the old one signed stays good', async () => {
    const at = await published(bodiesOf(3), [3]);
    const key = signingKey(logName, 'log', Buffer.alloc(32, 9));
    await publisherOf(anchorFolder(at), bodiesOf(5), key, [logKey.verifier]).publish();
    expect(await read(at, [logKey.verifier, key.verifier])).toMatchObject({ findings: [], reader: { keysMissing: 0 } });
  });

  it('leaves a whole log wherever it is cut short, and goes on from there', async () => {
    const all = bodiesOf(600);
    for (let crash = 0; ; crash += 1) {
      const at = await published(all, [200]);
      const files = anchorFolder(at);
      let writes = 0;
      const failing: AnchorFiles = {
        ...files,
        write: async (name, bytes) => {
          if (writes === crash) throw new Error('the disk is full');
          writes += 1;
          await files.write(name, bytes);
        },
      };
      const publisher = publisherOf(failing, all);
      const ended = await publisher.publish().then(
        () => true,
        () => false,
      );
      expect((await read(at)).findings).toEqual([]);
      // The same process, once there is room again.
      writes = Number.NEGATIVE_INFINITY;
      await publisher.publish();
      expect(await read(at)).toMatchObject({ bodies: all, findings: [], reader: { checkpoints: 2 } });
      if (ended) {
        expect(crash).toBeGreaterThan(8);
        return;
      }
    }
  });
});

describe('witnesses', () => {
  /** The stand-in for a witness: what it signs, what it refuses, and what comes of both where a log is published. */

  const folder = suiteFolders();
  const witnessKey = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));
  const now = new Date('2026-11-25T08:30:12Z');
  const refused: string[] = [];

  const start = (at: string, port = 0): Promise<RunningWitness> =>
    startWitness({
      folder: at,
      log: [logKey.verifier],
      key: witnessKey,
      now: () => now,
      port,
      onRefused: (why) => void refused.push(why),
    });

  let at: string;
  let witness: RunningWitness;
  let outcomes: CosignOutcome[];
  beforeEach(async () => {
    at = await folder();
    witness = await start(at);
    outcomes = [];
  });
  afterEach(() => witness.stop());
  const publisher = (log: string, record: readonly string[], key = witnessKey.verifier, book = bookInMemory()) =>
    publisherOf(anchorFolder(log), record, logKey, [], {
      witnesses: [{ url: witness.url, key }],
      book,
      onCosigned: (found) => outcomes.push(...found),
    });

  test('carries its signatures, and goes on where it does not answer', async () => {
    const log = await folder();
    const port = Number(new URL(witness.url).port);
    const record = bodiesOf(5);
    const one = publisher(log, record);
    await one.publish();
    record.push(...bodiesOf(300).slice(5));
    await one.publish();
    await witness.stop();
    record.push(...bodiesOf(310).slice(300));
    await one.publish();
    witness = await start(at, port);
    await one.publish();
    await witness.stop();
    // Another process, later than an hour after: the witness does not answer, and what it signed stays.
    await publisher(log, record).publish();
    expect(outcomes.map((outcome) => [outcome.kind, outcome.kind === 'signed' ? outcome.size : null])).toEqual([
      ['signed', 5],
      ['signed', 300],
      ['no-answer', null],
      ['signed', 310],
      ['no-answer', null],
    ]);
    const reader = await openAnchor(anchorFolder(log), [logKey.verifier, witnessKey.verifier]);
    expect(reader.newest.signatures.map(({ key }) => key.kind)).toEqual(['log', 'witness']);
    for await (const body of reader.bodies()) expect(body).not.toBe('');
    expect(reader.findings).toEqual([]);
  });

  test('that was made anew gets no signature, and is asked for none again', async () => {
    const first = await folder();
    const second = await folder();
    await publisher(first, bodiesOf(300)).publish();
    outcomes = [];
    const record = bodiesOf(310, 'rewritten ');
    const book = bookInMemory();
    const process = () => publisher(second, record, witnessKey.verifier, book);
    const one = process();
    await one.publish();
    const before = refused.length;
    record.push(...bodiesOf(320, 'rewritten ').slice(310));
    await one.publish();
    // Nor by a process that starts later.
    record.push(...bodiesOf(330, 'rewritten ').slice(320));
    await process().publish();
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(3).fill('another-history'));
    expect(refused.length).toBe(before);
    const reader = await openAnchor(anchorFolder(second), [logKey.verifier, witnessKey.verifier]);
    expect(reader.newest.signatures.map(({ key }) => key.kind)).toEqual(['log']);
  });

  test('takes no signature of another key for the witness’s', async () => {
    const key = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 3)).verifier;
    await publisher(await folder(), bodiesOf(3), key).publish();
    expect(outcomes).toMatchObject([{ kind: 'refused' }]);
  });

  test('is published although the witness answers without end', async () => {
    const hostile = await startHostileServer('a body without end');
    const log = await folder();
    const witnesses = [{ url: hostile.url, key: witnessKey.verifier }];
    const onCosigned = (found: readonly CosignOutcome[]) => outcomes.push(...found);
    await publisherOf(anchorFolder(log), bodiesOf(3), logKey, [], { witnesses, onCosigned }).publish();
    await hostile.stop();
    expect(outcomes).toEqual([
      { kind: 'no-answer', witness: 'witness.example/w1', detail: expect.stringContaining('more than 65536 bytes') },
    ]);
    expect((await openAnchor(anchorFolder(log), [logKey.verifier])).newest.size).toBe(3);
  });
});

/** Each change of a log has to be found by the bot's verifier and by verify.py, which share no code. Go's: test/long/outside-judges. */

const ours: Judge = (logs, keys) =>
  Promise.all(
    logs.map(async (log) => {
      const known = keys.split('\n').flatMap((line) => {
        const key = readKeyLine(line);
        return typeof key === 'string' ? [] : key;
      });
      const source = { read: async (name: string) => log.get(name) ?? null, sizes: async () => sizesIn(log) };
      const reader = await openAnchor(source, known).catch((error: unknown) => {
        if (error instanceof AnchorUnusable) return error.message;
        throw error;
      });
      if (typeof reader === 'string') return reader;
      const verifier = openAuditLogVerifier({ keys: null, bodiesOnly: true });
      for await (const body of reader.bodies()) verifier.event(lineFrom(body));
      const [first] = [...reader.findings, ...verifier.end().findings];
      if (first !== undefined) return `event ${first.seq}: ${first.kind}`;
      return reader.keysMissing > 0 ? 'a key of the log is missing' : 'ok';
    }),
  );

test.each([
  ['the bot’s verifier', ours],
  ['verify.py', pythonJudge],
])('every change of a log is found by %s, but for those that only a witness or a copy shows', async (_who, judge) => {
  expect(await misjudged(judge)).toEqual([]);
});
