import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { localTenantId } from '../../../sandbox/people.ts';
import { spawnBot, untilReady } from '../processes/bot-process.ts';
import { freePorts } from '../processes/free-ports.ts';
import { readyDatabase, removeDatabase } from '../store/run-server.ts';
import { writeServerSealKey } from '../store/seal-keys.ts';
import { startFramework } from '../teams/bot-framework.ts';
import { queryStore } from './world.ts';

export type ProductionBot = Awaited<ReturnType<typeof startProductionBot>>;

export const appId = '70000000-0000-4000-8000-000000000001';

/** Prints the host names that are resolved, since nothing can be reached by name without. */
const watchNames = `import dns from 'node:dns';
  import { syncBuiltinESMExports } from 'node:module';
  const { lookup } = dns;
  dns.lookup = (name, ...rest) => { process.stderr.write('reaches ' + name + '\\n'); return lookup(name, ...rest); };
  syncBuiltinESMExports();`;

/** The bot as in production, with Bot Framework on this machine, and nothing else to speak to. */
export async function startProductionBot(env: NodeJS.ProcessEnv = {}) {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'cmk-production-'));
  const databaseUrl = await readyDatabase();
  const framework = await startFramework(dataDir);
  const port = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    PORT: String(port),
    MicrosoftAppType: 'SingleTenant',
    MicrosoftAppId: appId,
    MicrosoftAppPassword: 'the-password',
    MicrosoftAppTenantId: localTenantId,
    ToBotFromChannelOpenIdMetadataUrl: `${framework.url}/metadata`,
    ToChannelFromBotLoginUrl: `${framework.url}/${localTenantId}`,
    DATABASE_URL: databaseUrl,
    CMK_SEAL_KEY_FILE: await writeServerSealKey(dataDir),
    AZURE_CLOUD: 'custom',
    AZURE_ARM_ENDPOINT: 'https://azure.invalid',
    AZURE_AUTHORITY_HOST: 'https://azure.invalid',
    AZURE_GRAPH_ENDPOINT: 'https://azure.invalid',
    AZURE_CA_FILE: framework.caFile,
    CMK_SUBSCRIPTIONS: '40000000-0000-4000-8000-000000000001',
    CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
    CMK_AUDIT_CHANNEL: 'none',
    CMK_TEAMS_SERVICE_URL: `${framework.url}/connector/`,
    NODE_EXTRA_CA_CERTS: framework.caFile,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watchNames)}`,
    ...env,
  };
  const bot = await spawnBot(settings);
  const end = async (): Promise<void> => {
    await Promise.all([bot.end('SIGKILL'), framework.close()]);
    await removeDatabase(databaseUrl);
    rmSync(dataDir, { recursive: true, force: true });
  };
  await untilReady(bot, url).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    url,
    framework,
    printed: bot.printed,
    /** Every host name that the bot wanted to reach, in all its life. */
    reached: (): readonly string[] => [...bot.printed().matchAll(/^reaches (.*)$/gm)].map(([, name = '']) => name),
    /** Ends the bot and looks into what it stored. */
    async endAndQuery(sql: string) {
      await bot.end('SIGINT');
      return queryStore({ databaseUrl }, sql);
    },
    end,
  };
}
