import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { keyLine, signingKey } from '../../../src/audit/tlog/keys.ts';
import { genesis, hashOf } from '../../../src/audit/verify.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { logKey, logName, publishedIn, suiteFolders } from '../../support/audit/published-log.ts';
import { verifyInPython } from '../../support/audit/python-verifier.ts';
import { logOf, rejected } from '../../support/audit/sealed-log.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';

/** `verify.py` as an auditor calls it, with a published log and the auditor's own files. */

const folder = suiteFolders();

/** Requests that were rejected, one after the other. Another salt makes another history. */
const chainOf = (count: number, salt = 1): readonly string[] =>
  logOf(Array(Math.ceil(count / 2)).fill(rejected), salt).bodies.slice(0, count);

/** The events as somebody with the log's key writes them anew. */
function relinked(bodies: readonly string[]): readonly string[] {
  let prev = genesis;
  return bodies.map((body) => {
    const own = canonicalJson({ ...JSON.parse(body), prev });
    prev = hashOf(own);
    return own;
  });
}

async function fileOf(content: string | Buffer): Promise<string> {
  const file = path.join(await folder(), 'file.txt');
  await writeFile(file, content);
  return file;
}

const log = await publishedIn(await folder(), chainOf(7), [3, 5, 7]);
const older = await publishedIn(await folder(), chainOf(7), [3, 5]);
const other = await publishedIn(await folder(), chainOf(7, 2), [4, 7]);
const keys = await fileOf(`${keyLine(logKey.verifier)}\n`);

test.each([
  ['a checkpoint', path.join(older, 'checkpoint')],
  ['an older copy', older],
])('a log that continues %s that was kept is proved, and says so', (_, kept) => {
  const said = verifyInPython(log, '--keys', keys, '--later', kept);
  expect(said).toEqual([
    0,
    expect.stringMatching(
      /^proved: [\s\S]*\n {2}4 requests by the rules: 3 rejected, 1 open\n {2}the log continues your checkpoint of 5 events/,
    ),
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

const newKey = signingKey(logName, 'log', Buffer.alloc(32, 9));
const newLine = await fileOf(`${keyLine(newKey.verifier)}\n`);
const rotated = await folder();
await cp(older, rotated, { recursive: true });
await publishedIn(rotated, chainOf(7), [7], newKey, [logKey.verifier]);

test('a log whose key was replaced is proved with all its keys, and unknown with the new one or the old one alone', async () => {
  const both = await fileOf([logKey, newKey].map((key) => `${keyLine(key.verifier)}\n`).join(''));
  expect(verifyInPython(rotated, '--keys', both)).toEqual([0, expect.stringMatching(/^proved: 7 events/), '']);
  for (const [given, missing] of [
    [newLine, logKey],
    [keys, newKey],
  ] as const) {
    const line = keyLine(missing.verifier).split('+').slice(0, 2).join('+');
    const said = verifyInPython(rotated, '--keys', given);
    expect(said).toEqual([2, expect.stringMatching(/^unknown: checkpoint.*that you didn't give/), '']);
    expect(said[1]).toContain(line);
  }
});

test('a replaced key of the log signs nothing larger than what its line says', async () => {
  const until = (size: number) =>
    fileOf(`${keyLine({ ...logKey.verifier, until: size })}\n${keyLine(newKey.verifier)}\n`);
  expect(verifyInPython(rotated, '--keys', await until(5))[0]).toBe(0);
  const refused = [1, expect.stringMatching(/^NOT proved: .*not signed by .*in their time\n$/), ''];
  expect(verifyInPython(rotated, '--keys', await until(4))).toEqual(refused);
  expect(verifyInPython(log, '--keys', await until(5))).toEqual(refused);
});

test('a log whose events break the rules of requests is not proved, although it is signed', async () => {
  const record = chainOf(2).map((body) => body.replaceAll(approver, requester));
  const own = await publishedIn(await folder(), relinked(record), [2]);
  const said = verifyInPython(own, '--keys', keys);
  expect(said).toEqual([1, 'NOT proved: event 2: decided by the one who asked\n', '']);
});

test('what is wrong elsewhere is found also where a key is missing', async () => {
  const changed = await folder();
  await cp(rotated, changed, { recursive: true });
  const before = await readFile(path.join(changed, 'tile/entries/000.p/7'));
  await writeFile(
    path.join(changed, 'tile/entries/000.p/7'),
    before.toString('latin1').replace('rejected', 'rejectee'),
    'latin1',
  );
  expect(verifyInPython(changed, '--keys', newLine)).toEqual([1, expect.stringMatching(/^NOT proved: event/), '']);
});
