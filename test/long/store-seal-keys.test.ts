import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sealWith } from '../../src/audit/audit-tools.ts';
import { openSeals } from '../../src/audit/seals.ts';
import { plan, reject, requestId, resourceId, submit, submitted } from '../support/builders/fixtures.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { keysOf } from '../support/store/seal-keys.ts';
import { openTestStore, testDatabases } from '../support/store/test-stores.ts';

/** The key of the seals changes, and everything goes on; a key that was given up seals nothing any more. */

const databases = testDatabases();
const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [own, other] = ['one key for tests, longer than needed', 'another key for tests, longer than needed'].map(
  (text) => Buffer.from(text).toString('base64'),
) as [string, string];

/** Returns the log's end, as a key file names it. */
async function endOf(store: Awaited<ReturnType<typeof openTestStore>>): Promise<string> {
  const { seq, hash } = await store.auditLog.head();
  return ` until ${seq} ${hash}`;
}

/** A request, and its rejection. Returns the log's end. */
async function write(url: string, number: number, ...keys: readonly string[]): Promise<string> {
  const store = await openTestStore(url, { keys });
  try {
    await store.append(requestId(number), 'submit', submit({ plan: plan(resourceId(`bot-${number}`)) }));
    await store.append(requestId(number), 'click:reject', reject());
    return await endOf(store);
  } finally {
    await store.close();
  }
}

/** The command line with these keys in its file, the newest last. */
const withKeys = (url: string, keys: readonly string[], ...args: readonly string[]) => {
  const file = path.join(folder, 'seal.key');
  writeFileSync(file, keys.map((key) => `${key}\n`).join(''), { mode: 0o600 });
  return cmkBot(args, { DATABASE_URL: url, CMK_SEAL_KEY_FILE: file });
};

/** Its first events were sealed with one key, the next with another that was added. */
let original: string;
let replaced: string;
beforeAll(async () => {
  original = await databases.fresh();
  replaced = `${own}${await write(original, 1, own)}`;
  await write(original, 2, replaced, other);
});

it('goes on with a new key, and the change stands in the chain', async () => {
  const { out } = await withKeys(original, [replaced, other], 'audit', 'verify');
  expect(out).toContain('Seals: 4 events sealed, 2 seal keys, checked.');
});

it('stores nothing with the older key, and says which file to look at', async () => {
  const url = await newDatabase(original);
  const victim = await openTestStore(url, { keys: [replaced, other] });
  const dated = `${other}${await endOf(victim)}`;
  await victim.close();
  await expect(write(url, 3, dated, own)).rejects.toThrow('which the chain has replaced');
  expect((await withKeys(url, [dated, own], 'audit', 'verify')).out).toContain('verified: 4 events');
  expect((await withKeys(url, [dated, own], 'requests', 'cancel', requestId(2))).code).not.toBe(0);
});

it('reads nothing that is sealed with a key that is not in the file', async () => {
  const url = await newDatabase(original);
  await expect(write(url, 3, own)).rejects.toThrow('seal-key-unknown');
  expect((await withKeys(url, [own], 'audit', 'verify')).out).toContain('(seal-key-unknown)');
});

it('does not take an event that somebody puts in who has the older key', async () => {
  const url = await newDatabase(original);
  const victim = await openTestStore(url, { keys: [replaced, other] });
  const { seq, hash } = await victim.auditLog.head();
  const place = { seq: seq + 1, request: requestId(4), revision: 1, cause: 'submit', n: 0, prev: hash };
  const seal = sealWith(randomBytes, openSeals(keysOf([Buffer.from(own, 'base64')])));
  const forged = seal({ ...place, time: '2100-01-01T00:00:00.000Z' }, submitted());
  // The database itself cannot tell: this is a row as the bot once made them.
  await victim.sql('insert into cmk.event values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
    ...[place.seq, place.request, 1, 'submit', 0, forged.body, place.prev, forged.hash, forged.sealKey, forged.seal],
  ]);
  await victim.close();
  await expect(write(url, 3, replaced, other)).rejects.toThrow('seal-key-retired');
  expect((await withKeys(url, [replaced, other], 'audit', 'verify')).out).toContain('(seal-key-retired)');
});
