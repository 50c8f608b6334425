import { type RunningWitness, startWitness } from '../../../../sandbox/witness.ts';
import { anchorFolder } from '../../../../src/audit/anchor/files.ts';
import { AnchorReader } from '../../../../src/audit/anchor/read-anchor.ts';
import { type CosignOutcome, cosignRequestText } from '../../../../src/audit/anchor/witnesses.ts';
import { signingKey } from '../../../../src/audit/tlog/keys.ts';
import { openNote } from '../../../../src/audit/tlog/note.ts';
import { startHostileServer } from '../../../support/attacks/hostile-server.ts';
import { bodiesOf, bookInMemory, logKey, publisherOf, suiteFolders } from '../../../support/audit/published-log.ts';
import { ask, note, other, refusedAsks, tree } from '../../../support/audit/witness-asks.ts';

/** The stand-in for a witness: what it signs, what it refuses, and what comes of both where a log is published. */

const folder = suiteFolders();
const witnessKey = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));
const now = new Date('2026-11-25T08:30:12Z');
const refused: string[] = [];

const start = (at: string, port = 0): Promise<RunningWitness> =>
  startWitness({
    ...{ folder: at, log: [logKey.verifier], key: witnessKey, now: () => now, port },
    onRefused: (why) => void refused.push(why),
  });

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
