/** A PostgreSQL server for one world, whose record is sealed and published as that of a data folder is. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningAzure } from '../azure/local-azure.ts';
import { startPostgres, type TestPostgres } from '../store/postgres.ts';
import { writeServerSealKey } from '../store/seal-keys.ts';
import type { WorldOptions } from './world.ts';

/** Null where the world names a database itself, where it wants its folder, and where no server is to be had. */
export async function ownServer({ env, record = 'any' }: WorldOptions): Promise<TestPostgres | null> {
  return env?.DATABASE_URL !== undefined || record === 'folder' ? null : startPostgres();
}

/** What a bot on the server is told of it: all that it keeps lies in the folder. */
export async function serverSettings(server: TestPostgres, dataDir: string): Promise<NodeJS.ProcessEnv> {
  const keyFile = path.join(dataDir, 'log.key');
  await writeFile(keyFile, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
  return {
    DATABASE_URL: server.ready ?? (await server.newDatabase()),
    CMK_ANCHOR: path.join(dataDir, 'anchor'),
    CMK_LOG_KEY_FILE: keyFile,
    CMK_REPLICA: 'local',
  };
}

/** Where the key of a server's seals lies: what a folder has by itself. */
export async function serverSeals({ sealKey }: WorldOptions, azure: RunningAzure, dataDir: string) {
  if (sealKey !== undefined) return { CMK_SEAL_KEY_SECRET: await sealKey(azure) };
  return { CMK_SEAL_KEY_FILE: await writeServerSealKey(dataDir) };
}
