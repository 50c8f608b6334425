/** The product as production runs it, on this machine: built once, with a local Azure, and a counter in Teams' place. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { botEnvironment } from '../../src/local/bot-environment.ts';
import {
  approver,
  type LocalPerson,
  localTenantId,
  requester,
  secondApprover,
  teamMember,
} from '../../src/local/people.ts';
import { newAzureDir } from '../../test/support/data-folder.ts';
import { freePorts } from '../../test/support/free-ports.ts';
import { type Latency, type RunningAzure, startAzure } from '../../test/support/local-azure.ts';
import { writeServerSealKey } from '../../test/support/seal-keys.ts';
import { type Child, startChild } from './child.ts';
import { type Connector, startConnector } from './connector.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = path.join(root, 'node_modules/.cache/cmk-bot');
/** What production runs lies there. */
export const built = path.join(cache, 'bench');

/** Builds what production runs, and what stands beside it here. */
export async function buildAll(): Promise<void> {
  const run = promisify(execFile);
  const beside = path.join(cache, 'bench-beside');
  rmSync(beside, { recursive: true, force: true });
  await run(process.execPath, ['--import', 'tsx', 'src/build/run.ts', built], { cwd: root });
  await run(process.execPath, ['--import', 'tsx', 'test/support/prepare.ts', beside], { cwd: root });
  process.env.CMK_TEST_PREPARED = beside;
}

/** What lies beside a bot that is measured. */
export interface Ground {
  readonly azure: RunningAzure;
  readonly connector: Connector;
  /** The settings it is started with there. */
  settings(databaseUrl: string | null, port: number): NodeJS.ProcessEnv;
  /** Starts the product: on a database, or on a folder of its own where it is null. */
  start(databaseUrl: string | null, env?: NodeJS.ProcessEnv, nodeOptions?: readonly string[]): Promise<Child>;
  startEcho(): Promise<Child>;
  close(): Promise<void>;
}

export async function openGround(latency: Latency = 'instant'): Promise<Ground> {
  const data = await newAzureDir();
  const azure = await startAzure({ latency, dataDir: data });
  const connector = await startConnector();
  const sealKey = await writeServerSealKey(data);
  const settings: Ground['settings'] = (databaseUrl, port) => {
    const ports = { 'bot-port': port, 'teams-port': connector.port, 'azure-port': azure.port, 'sign-in-port': 1 };
    const options = { data, ...ports, latency, 'step-up': false, reset: false } as const;
    const record = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl, CMK_SEAL_KEY_FILE: sealKey };
    // One machine sends what a whole hospital group would, so nobody is turned away for sending too much.
    const settings = {
      CMK_CALLS_AT_ONCE: '100000',
      CMK_AUDIT_CHANNEL: 'none',
      CMK_READERS: teamMember.id,
      ...record,
    };
    return botEnvironment(options, settings);
  };
  return {
    azure,
    connector,
    settings,
    async start(databaseUrl, env = {}, nodeOptions = []) {
      const port = await freePorts(1);
      const program = path.join(built, 'cmk-bot-server.mjs');
      return startChild(
        [...nodeOptions, program],
        { ...settings(databaseUrl, port), ...env },
        `http://127.0.0.1:${port}`,
      );
    },
    async startEcho() {
      const port = await freePorts(0);
      const echo = path.join(root, 'bench/support/echo.js');
      return startChild([echo], { PORT: `${port}` }, `http://127.0.0.1:${port}`);
    },
    async close() {
      await Promise.all([azure.kill(), connector.close()]);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Those who may look: lists of one person go one after the other. */
export const lookers: readonly LocalPerson[] = [requester, approver, secondApprover, teamMember];

/** An activity of a person in their own chat with the bot, as Teams sends it. */
export function activityOf(
  connector: Connector,
  { id: person, name }: LocalPerson,
  changes: Readonly<Record<string, unknown>>,
): object {
  return {
    type: 'message',
    id: '1',
    channelId: 'msteams',
    serviceUrl: connector.url,
    from: { id: `29:${person}`, name, aadObjectId: person },
    recipient: { id: '28:cmk-bot', name: 'CMK bot' },
    conversation: { id: `a:${person}`, conversationType: 'personal', tenantId: localTenantId },
    channelData: { tenant: { id: localTenantId } },
    ...changes,
  };
}
