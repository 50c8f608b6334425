import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../../../src/audit/anchor/read-anchor.ts';
import type { CosignOutcome } from '../../../../src/audit/anchor/witnesses.ts';
import { signingKey } from '../../../../src/audit/tlog/keys.ts';
import { emptyRoot } from '../../../../src/audit/tlog/merkle-tree.ts';
import { checkpointText, openNote } from '../../../../src/audit/tlog/note.ts';
import { cosignRequestText, type RunningWitness, startWitness } from '../../../../src/audit/witness/server.ts';
import { WitnessState } from '../../../../src/audit/witness/state.ts';
import { startHostileServer } from '../../../support/attacks/hostile-server.ts';
import {
  bodiesOf,
  bookInMemory,
  logKey,
  logName,
  publisherOf,
  suiteFolders,
} from '../../../support/audit/published-log.ts';
import { ask, note, other, refusedAsks, tree } from '../../../support/audit/witness-asks.ts';

/** A witness over HTTP: what it signs, what it refuses, and what comes of both where a log is published. */

const folder = suiteFolders();
const witnessKey = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));
const now = new Date('2026-11-25T08:30:12Z');
const refused: string[] = [];

async function start(at: string, port = 0): Promise<RunningWitness> {
  const state = await WitnessState.open(at);
  await state.add(logKey.verifier);
  const onRefused = (verdict: string): number => refused.push(verdict);
  return startWitness({ state, key: witnessKey, now: () => now, port, listen: '127.0.0.1', onRefused });
}

describe('a witness', () => {
  let at: string;
  let witness: RunningWitness;
  const post = async (body: string) => {
    const response = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  beforeAll(async () => {
    at = await folder();
    witness = await start(at);
    for (const [old, size] of [
      [0, 1],
      [1, 5],
      [5, 300],
      [300, 700],
    ] as const) {
      const { status, text } = await post(await ask(tree, old, size));
      expect([size, status]).toEqual([size, 200]);
      const opened = openNote(`${note(tree, size)}${text}`, [logKey.verifier, witnessKey.verifier]);
      expect(opened).toMatchObject({ signatures: [{ time: null }, { time: now.getTime() / 1000 }] });
    }
  });
  afterAll(() => witness.stop());

  test.each(refusedAsks)('refuses $what', async ({ asked, status, text }) => {
    const before = refused.length;
    expect(await post(await asked())).toMatchObject({ status, text });
    expect(refused.length).toBe(before + 1);
  });

  test('names the size it knows in the protocol’s own type', async () => {
    expect((await post(await ask(tree, 300, 900))).type).toBe('text/x.tlog.size');
  });

  test('signs the same checkpoint again', async () => {
    expect(await post(cosignRequestText({ old: 700, proof: [], note: note(tree, 700) }))).toMatchObject({
      status: 200,
    });
  });

  test('takes no ask that is longer than one can be', async () => {
    expect((await post('x'.repeat(20_000))).status).toBe(413);
  });

  test('signs one of two histories that come at once', async () => {
    const answers = await Promise.all([post(await ask(tree, 700, 800)), post(await ask(other, 700, 800))]);
    // The other is told of the size that was signed meanwhile, and would have to prove that it goes on from there.
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test('remembers what it signed when it starts again', async () => {
    await witness.stop();
    witness = await start(at);
    expect(await post(cosignRequestText({ old: 0, proof: [], note: note(other, 900) }))).toMatchObject({
      status: 409,
      text: '800\n',
    });
    expect(await post(await ask(tree, 800, 900))).toMatchObject({ status: 200 });
  });
});

describe('a log that is published with a witness', () => {
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
      ...{ witnesses: [{ url: witness.url, key }], book },
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
    const reader = await AnchorReader.open(anchorFolder(log), [logKey.verifier, witnessKey.verifier]);
    expect(reader.newest.signatures.map(({ key }) => key.kind)).toEqual(['log', 'witness']);
    for await (const body of reader.bodies()) expect(body).not.toBe('');
    expect(reader.findings).toEqual([]);
  });

  test('that was made anew gets no signature, and is asked for none again', async () => {
    const [first, second] = [await folder(), await folder()];
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
    // Whoever makes it forget has it asked again, and refused again.
    book.asked.length = 0;
    record.push(...bodiesOf(340, 'rewritten ').slice(330));
    await one.publish();
    expect(refused.length).toBeGreaterThan(before);
    expect([outcomes.at(-1)?.kind, book.asked.length]).toEqual(['another-history', 1]);
    const reader = await AnchorReader.open(anchorFolder(second), [logKey.verifier, witnessKey.verifier]);
    expect(reader.newest.signatures.map(({ key }) => key.kind)).toEqual(['log']);
  });

  test('that was made anew is reported although the database stores no answers', async () => {
    await publisher(await folder(), bodiesOf(300)).publish();
    outcomes = [];
    const keep = () => Promise.reject(new Error('read-only'));
    const book = { ...bookInMemory(), keep };
    const second = publisher(await folder(), bodiesOf(310, 'rewritten '), witnessKey.verifier, book);
    await expect(second.publish()).rejects.toThrow('read-only');
    expect(outcomes.map(({ kind }) => kind)).toEqual(['another-history']);
  });

  test('that is shorter than what the witness signed is another history', async () => {
    await publisher(await folder(), bodiesOf(300)).publish();
    await publisher(await folder(), bodiesOf(200)).publish();
    expect(outcomes.at(-1)).toEqual({
      ...{ kind: 'another-history', witness: 'witness.example/w1' },
      detail: 'it has signed 300 events, and there are 200',
    });
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
    expect((await AnchorReader.open(anchorFolder(log), [logKey.verifier])).newest.size).toBe(3);
  });

  test('takes no signature of another key for the witness’s', async () => {
    const key = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 3)).verifier;
    await publisher(await folder(), bodiesOf(3), key).publish();
    expect(outcomes).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('the state of a witness', () => {
  const fileIn = async (at: string, what: string): Promise<string> => {
    const names = await readdir(path.join(at, 'logs'));
    return path.join(at, 'logs', names.find((name) => name.endsWith(what)) ?? '');
  };
  async function signed(): Promise<string> {
    const at = await folder();
    const witness = await start(at);
    const body = await ask(tree, 0, 700);
    expect((await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body })).status).toBe(200);
    await witness.stop();
    return at;
  }
  const noKeys = /\.keys doesn’t hold the keys of a log/;
  const noCheckpoint = /is not a checkpoint of it/;
  const otherLog = checkpointText({ origin: 'o', size: 0, root: emptyRoot });
  const gone = (at: string): Promise<void> => rm(at, { recursive: true });

  test.each<readonly [what: string, end: string | null, lose: (file: string) => Promise<unknown>, why: RegExp]>([
    ['its last checkpoint is empty', '.last', (file) => writeFile(file, ''), /\.last, .* is empty$/],
    ['its last checkpoint is deleted', '.last', gone, /\.last, .* is not there$/],
    ['its last checkpoint is cut off', '.last', (file) => truncate(file, 30), noCheckpoint],
    ['its last checkpoint is another log’s', '.last', (file) => writeFile(file, otherLog), noCheckpoint],
    ['its last checkpoint is a directory', '.last', (file) => gone(file).then(() => mkdir(file)), /read: EISDIR/],
    ['its keys are empty', '.keys', (file) => writeFile(file, ''), noKeys],
    ['its keys are cut off', '.keys', (file) => truncate(file, 30), noKeys],
    ['its keys are deleted', '.keys', gone, /hold the keys of bot\.example\/audit, which this witness knew/],
    [
      'its keys and the list are deleted',
      '.keys',
      (file) => Promise.all([gone(file), gone(path.join(file, '../../logs.txt'))]),
      /\.last is a checkpoint that this witness signed/,
    ],
    ['all of its logs are deleted', null, gone, /doesn’t hold the keys of bot\.example\/audit/],
    ['its logs are a file', null, (logs) => gone(logs).then(() => writeFile(logs, '')), /can’t be read: ENOTDIR/],
  ])('is refused where %s', async (_, end, lose, why) => {
    const at = await signed();
    await lose(end === null ? path.join(at, 'logs') : await fileIn(at, end));
    const refusal = { name: 'WitnessStateUnusable', message: expect.stringMatching(why) };
    await expect(WitnessState.open(at)).rejects.toMatchObject(refusal);
  });

  test('begins with no event for a log that is new, also where adding it was cut short', async () => {
    const at = await folder();
    await (await WitnessState.open(at)).add(logKey.verifier);
    expect((await WitnessState.open(at)).log(logName)).toMatchObject({ last: { size: 0 } });
    await Promise.all([rm(await fileIn(at, '.keys')), rm(path.join(at, 'logs.txt'))]);
    await (await WitnessState.open(at)).add(logKey.verifier);
    expect((await WitnessState.open(at)).origins).toEqual([logName]);
  });

  test('keeps what was signed where another key of the log is added', async () => {
    const at = await signed();
    await (await WitnessState.open(at)).add(signingKey(logName, 'log', Buffer.alloc(32, 9)).verifier);
    const log = (await WitnessState.open(at)).log(logName);
    expect([log?.last.size, log?.keys.length]).toEqual([700, 2]);
  });
});
