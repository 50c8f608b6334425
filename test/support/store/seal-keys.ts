/** The seals' key in tests: always the same one. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SealKeys } from '../../../src/audit/seals.ts';
import type { Link } from '../../../src/domain/record/chain.ts';

/** The base64 of 32 bytes that spell what they are. */
export const serverSealKey = Buffer.from('a key for tests, and for no other').toString('base64');

/** As they are while the last one is in use. `until`: the last event of each before it. */
export const keysOf = (bytes: readonly Uint8Array[], ...until: readonly Link[]): SealKeys =>
  bytes.map((one, at) => ({ bytes: one, until: until[at] ?? null }));

export const sealKeys: SealKeys = keysOf([Buffer.from(serverSealKey, 'base64')]);

export async function writeServerSealKey(folder: string): Promise<string> {
  const file = path.join(folder, 'server-seal.key');
  await writeFile(file, `${serverSealKey}\n`, { mode: 0o600 });
  return file;
}

/** A bot with a database of its own publishes its log into the folder. */
export async function databaseSettings(url: string, folder: string): Promise<NodeJS.ProcessEnv> {
  const keyFile = path.join(folder, 'log.key');
  await writeFile(keyFile, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
  return {
    DATABASE_URL: url,
    CMK_ANCHOR: path.join(folder, 'anchor'),
    CMK_LOG_KEY_FILE: keyFile,
    CMK_TEST_OVERRIDES: '{"replica":"local"}',
  };
}

/** As they stand in the folder's files: what must be in nothing that the bot prints. */
export async function sealKeysIn(folder: string): Promise<readonly string[]> {
  const files = ['server-seal.key', 'log.key'].map((name) => readFile(path.join(folder, name), 'utf8').catch(() => ''));
  const lines = (await Promise.all(files)).flatMap((text) => text.split('\n'));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
