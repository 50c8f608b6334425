import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { anchorFolder } from '../../../src/audit/anchor/files.ts';
import { keyLine } from '../../../src/audit/tlog/keys.ts';
import { hashOf } from '../../../src/audit/verify.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { logKey, newFolder, publisherOf } from '../../support/audit/published-log.ts';
import { verifyInPython } from '../../support/audit/python-verifier.ts';

/** `verify.py` as an auditor calls it, with a published log and the auditor's own files. */

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true }))));
async function folder(): Promise<string> {
  const made = await newFolder();
  folders.push(made);
  return made;
}

function chainOf(count: number, mark = ''): readonly string[] {
  let prev = '0'.repeat(64);
  return Array.from({ length: count }, (_, index) => {
    const about = { request: `CMK-${index}${mark}`, time: '2026-01-01T00:00:00.000Z', type: 'made-up' };
    const body = canonicalJson({ ...about, prev, seq: index + 1 });
    prev = hashOf(body);
    return body;
  });
}

/** Publishes events up to each size, in one folder, and returns it. */
async function published(bodies: readonly string[], sizes: readonly number[], at: string) {
  for (const size of sizes) await publisherOf(anchorFolder(at), bodies.slice(0, size)).publish();
  return at;
}

async function fileOf(content: string | Buffer): Promise<string> {
  const file = path.join(await folder(), 'file.txt');
  await writeFile(file, content);
  return file;
}

const log = await published(chainOf(7), [3, 5, 7], await folder());
const older = await published(chainOf(7), [3, 5], await folder());
const other = await published(chainOf(7, 'x'), [4, 7], await folder());
const keys = await fileOf(`${keyLine(logKey.verifier)}\n`);

test.each([
  ['a checkpoint', path.join(older, 'checkpoint')],
  ['an older copy', older],
])('a log that continues %s that was kept is proved, and says so', (_, kept) => {
  const said = verifyInPython(log, '--keys', keys, '--later', kept);
  expect(said).toEqual([
    0,
    expect.stringMatching(/^proved: [\s\S]*\n {2}the log continues your checkpoint of 5 events/),
    '',
  ]);
});

test.each(['4', '7'])(
  'a log of another history than the checkpoint of %s events that was kept is not proved',
  (size) => {
    const said = verifyInPython(log, '--keys', keys, '--later', path.join(other, 'checkpoints', size));
    expect(said).toEqual([1, expect.stringMatching(/^NOT proved: .*of another history than the log\n$/), '']);
  },
);

test('a log that has fewer events than the checkpoint that was kept leaves that open', () => {
  const said = verifyInPython(older, '--keys', keys, '--later', path.join(log, 'checkpoint'));
  expect(said).toEqual([2, expect.stringMatching(/^unknown: [\s\S]*your checkpoint is newer: it covers 7 events/), '']);
});

test('a list of requests is made of a log, and of nothing else', async () => {
  const pack = await folder();
  await writeFile(path.join(pack, 'events.jsonl'), '');
  const said = verifyInPython(pack, '--keys', keys, '--population', '2026-01-01', '2026-03-31');
  expect(said).toEqual([2, '', expect.stringContaining('--population needs a published log, not a pack')]);
});
