/** The seals' key in tests: a folder's own beside its database, and always the same one for databases on a server. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openOwnKeys } from '../../../src/audit/key-file.ts';
import type { SealKeys } from '../../../src/audit/seals.ts';
import type { DatabaseOptions } from '../../../src/store/database.ts';
import { sealKeyUse } from '../../../src/text/record.ts';
import type { TestPostgres } from './postgres.ts';

/** The base64 of 32 bytes that spell what they are. */
export const serverSealKey = Buffer.from('a key for tests, and for no other').toString('base64');

export async function sealKeysFor(database: DatabaseOptions): Promise<SealKeys> {
  if (database.kind === 'postgres') return [Buffer.from(serverSealKey, 'base64')];
  return openOwnKeys(path.join(database.dataDir, 'seal.key'), sealKeyUse);
}

export async function writeServerSealKey(folder: string): Promise<string> {
  const file = path.join(folder, 'server-seal.key');
  await writeFile(file, `${serverSealKey}\n`, { mode: 0o600 });
  return file;
}

/** What a bot on a server of its own is told of it, so that its record is published as that of a folder: into the folder. */
export async function serverSettings(server: TestPostgres, folder: string): Promise<NodeJS.ProcessEnv> {
  const keyFile = path.join(folder, 'log.key');
  await writeFile(keyFile, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
  return {
    DATABASE_URL: server.ready ?? (await server.newDatabase()),
    CMK_ANCHOR: path.join(folder, 'anchor'),
    CMK_LOG_KEY_FILE: keyFile,
    CMK_TEST_OVERRIDES: '{"replica":"local"}',
  };
}

/** As they stand in the folder's files: what must be in nothing that the bot prints. */
export async function sealKeysIn(folder: string): Promise<readonly string[]> {
  const files = ['seal.key', 'server-seal.key', 'log.key'].map((name) =>
    readFile(path.join(folder, name), 'utf8').catch(() => ''),
  );
  const lines = (await Promise.all(files)).flatMap((text) => text.split('\n'));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
