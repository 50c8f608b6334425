/** The settings in an operator's shell: those of the world's bot. A world on a server adds the database's address. */
import path from 'node:path';
import { botEnvironment } from '../../../sandbox/bot-environment.ts';
import type { World } from './world.ts';

export const settingsOf = (world: World): NodeJS.ProcessEnv => {
  const ports = { 'azure-port': world.azure.port, 'bot-port': 1, 'teams-port': 1, 'sign-in-port': 1 };
  const options = { data: world.azure.dataDir, latency: 'instant', ...ports, 'step-up': false, reset: false } as const;
  const sealKey = path.join(world.dataDir, 'server-seal.key');
  return botEnvironment(options, { DATABASE_URL: 'postgres://unset', CMK_SEAL_KEY_FILE: sealKey });
};
