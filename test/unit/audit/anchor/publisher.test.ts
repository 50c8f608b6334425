import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { anchorFolder } from '../../../../src/audit/anchor/files.ts';
import { knownHead } from '../../../../src/audit/anchor/known-head.ts';
import { type AnchorContradicts, newestCheckpoint } from '../../../../src/audit/anchor/newest-checkpoint.ts';
import { AnchorReader } from '../../../../src/audit/anchor/read-anchor.ts';
import { keyLine, signingKey } from '../../../../src/audit/tlog/keys.ts';
import { AuditLogVerifier } from '../../../../src/audit/verify-audit-log.ts';
import type { AnchorFiles } from '../../../../src/domain/ports/published-log.ts';
import {
  exitOutcomeOf,
  openPublished,
  publishedReport,
  publishedWords,
} from '../../../../src/operator/cli/audit-verify.ts';
import {
  bodiesOf,
  logKey,
  logName,
  publishedIn,
  publisherOf,
  suiteFolders,
} from '../../../support/audit/published-log.ts';

const folder = suiteFolders();
const published = async (bodies: readonly string[], sizes: readonly number[]): Promise<string> =>
  publishedIn(await folder(), bodies, sizes);

async function read(from: string, keys = [logKey.verifier]) {
  const reader = await AnchorReader.open(anchorFolder(from), keys);
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

describe('publishing a record', () => {
  it('publishes nothing of a record without events', async () => {
    const at = await folder();
    expect(await publisherOf(anchorFolder(at), []).publish()).toBeNull();
    expect(await readdir(at)).toEqual([]);
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

  it('writes nothing where nothing was added', async () => {
    const at = await published(bodiesOf(3), [3]);
    const before = await stat(path.join(at, 'checkpoint'));
    expect(await publisherOf(anchorFolder(at), bodiesOf(3)).publish()).toMatchObject({ size: 3 });
    expect((await stat(path.join(at, 'checkpoint'))).mtimeMs).toBe(before.mtimeMs);
  });

  it.each(['', 'garbage', `${logName}\n3\n`])(
    'takes a damaged newest checkpoint for none of this log: %j',
    async (text) => {
      const at = await folder();
      expect(await newestCheckpoint(anchorFolder(at))).toBeNull();
      await writeFile(path.join(at, 'checkpoint'), text);
      await expect(newestCheckpoint(anchorFolder(at))).rejects.toMatchObject({ reason: 'unreadable' });
    },
  );

  it('goes on from what another process published', async () => {
    const at = await folder();
    const record: string[] = [];
    const all = bodiesOf(900);
    const replicas = [publisherOf(anchorFolder(at), record), publisherOf(anchorFolder(at), record)];
    for (const [turn, size] of [10, 256, 300, 512, 513, 900].entries()) {
      record.push(...all.slice(record.length, size));
      await replicas[turn % 2]?.publish();
    }
    expect(await read(at)).toMatchObject({ bodies: all, findings: [] });
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

  it('goes on under a new key, and what the old one signed stays good, but not for the new key alone', async () => {
    const at = await published(bodiesOf(3), [3]);
    const key = signingKey(logName, 'log', Buffer.alloc(32, 9));
    await publisherOf(anchorFolder(at), bodiesOf(5), key, [logKey.verifier]).publish();
    expect(await read(at, [logKey.verifier, key.verifier])).toMatchObject({ findings: [], reader: { keysMissing: 0 } });
    expect(await readFile(path.join(at, 'keys.txt'), 'utf8')).toMatch(/^bot\.example.*\nbot\.example.*\n$/);
    const keyFile = path.join(await folder(), 'my-keys.txt');
    await writeFile(keyFile, `${keyLine(key.verifier)}\n`);
    const opened = await openPublished(at, keyFile);
    for await (const _ of opened.reader.bodies());
    const verifier = new AuditLogVerifier({ keys: null, bodiesOnly: true });
    const report = publishedReport(opened);
    expect([report.findings, exitOutcomeOf(verifier.end(verifier.last), report)]).toEqual([[], 3]);
    expect(publishedWords(report)).toContain('Not checked: 1 older checkpoint, signed with a key of the log');
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
