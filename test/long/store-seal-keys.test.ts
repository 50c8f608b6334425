import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sealWith } from '../../src/audit/audit-tools.ts';
import { openSeals } from '../../src/audit/seals.ts';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { plan, reject, requestId, resourceId, submit, submitted } from '../support/builders/fixtures.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { copyFolder } from '../support/processes/copy-folder.ts';
import { pgliteDatabases } from '../support/store/store-databases.ts';

/** The key of the seals changes, and everything goes on; a key that was given up seals nothing any more. */

const databases = pgliteDatabases();
afterAll(() => databases.end());

const otherKey = Buffer.from('another key for tests, longer than needed').toString('base64');

/** A request, and its rejection. */
async function write(database: DatabaseOptions, number: number): Promise<void> {
  const store = await databases.start(database);
  try {
    await store.append(requestId(number), 'submit', submit({ plan: plan(resourceId(`bot-${number}`)) }));
    await store.append(requestId(number), 'click:reject', reject());
  } finally {
    await store.close();
  }
}

const folderOf = (database: DatabaseOptions): string => {
  if (database.kind !== 'pglite') throw new Error('keys lie in folders here');
  return database.dataDir;
};
const verify = (database: DatabaseOptions) =>
  cmkBot(['audit', 'verify'], { DATABASE_URL: pathToFileURL(folderOf(database)).href });

/** Its first events were sealed with the folder's own key, the next with another that was added to the file. */
let original: DatabaseOptions;
beforeAll(async () => {
  original = await databases.fresh();
  await write(original, 1);
  await appendFile(path.join(folderOf(original), 'seal.key'), `${otherKey}\n`);
  await write(original, 2);
});

async function rotated() {
  const database = await databases.fresh();
  await rm(path.join(folderOf(database), 'database'), { recursive: true });
  await copyFolder(folderOf(original), folderOf(database));
  return { database, file: path.join(folderOf(database), 'seal.key') };
}

it('goes on with a new key, and the change stands in the chain', async () => {
  expect((await verify(original)).out).toContain('Seals: 4 events sealed, 2 seal keys, checked.');
});

it('stores nothing with the older key, and says which file to look at', async () => {
  const { database, file } = await rotated();
  const [about = '', own = '', other = ''] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [about, other, own, ''].join('\n'));
  await expect(write(database, 3)).rejects.toThrow('which the chain has replaced');
  expect((await verify(database)).out).toContain('verified: 4 events');
  const said = await cmkBot(['requests', 'cancel', requestId(2)], {
    DATABASE_URL: pathToFileURL(path.dirname(file)).href,
  });
  expect(said.code).not.toBe(0);
});

it('reads nothing that is sealed with a key that is not in the file', async () => {
  const { database, file } = await rotated();
  const [about = '', own = ''] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [about, own, ''].join('\n'));
  await expect(write(database, 3)).rejects.toThrow('seal-key-unknown');
  expect((await verify(database)).out).toContain('(seal-key-unknown)');
});

it('does not take an event that somebody puts in who has the older key', async () => {
  const { database, file } = await rotated();
  const [, own = ''] = (await readFile(file, 'utf8')).split('\n');
  const victim = await databases.start(database);
  const { seq, hash } = await victim.call('auditLog', 'head');
  const place = { seq: seq + 1, request: requestId(4), revision: 1, cause: 'submit', n: 0, prev: hash };
  const seal = sealWith(randomBytes, openSeals([Buffer.from(own, 'base64')]));
  const forged = seal({ ...place, time: '2100-01-01T00:00:00.000Z' }, submitted());
  // The database itself cannot tell: this is a row as the bot once made them.
  await victim.sql('insert into cmk.event values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
    ...[place.seq, place.request, 1, 'submit', 0, forged.body, place.prev, forged.hash, forged.sealKey, forged.seal],
  ]);
  await victim.close();
  await expect(write(database, 3)).rejects.toThrow('seal-key-retired');
  expect((await verify(database)).out).toContain('(seal-key-retired)');
});
