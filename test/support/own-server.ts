/** A PostgreSQL server for one world, whose record is sealed and published as that of a data folder is. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningAzure } from './local-azure.ts';
import { startPostgres } from './postgres.ts';
import { letBotRead, putSealSecret, serverSealKey, writeServerSealKey } from './seal-keys.ts';
import type { WorldOptions } from './world.ts';

export interface OwnServer {
  /** What the bot is told of it. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Null where the world names a database itself, where it wants its folder, and where no server is to be had. */
export async function ownServer({ env, record = 'any' }: WorldOptions, dataDir: string): Promise<OwnServer | null> {
  const server = env?.DATABASE_URL !== undefined || record === 'folder' ? null : await startPostgres();
  if (server === null) return null;
  const keyFile = path.join(dataDir, 'log.key');
  await writeFile(keyFile, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
  return {
    env: {
      DATABASE_URL: await server.newDatabase(),
      CMK_ANCHOR: path.join(dataDir, 'anchor'),
      CMK_LOG_KEY_FILE: keyFile,
      CMK_REPLICA: 'local',
    },
    stop: server.stop,
  };
}

/** Where the key of a server's seals lies: what a folder has by itself. */
export async function serverSeals({ sealKey }: WorldOptions, azure: RunningAzure, dataDir: string) {
  if (sealKey !== 'secret') return { CMK_SEAL_KEY_FILE: await writeServerSealKey(dataDir) };
  await letBotRead(azure);
  return { CMK_SEAL_KEY_SECRET: await putSealSecret(azure, serverSealKey) };
}
