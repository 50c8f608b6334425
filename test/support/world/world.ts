import { rmSync } from 'node:fs';
import { z } from 'zod';
import { RequestRecord } from '../../../sandbox/azure/request-log.ts';
import { botEnvironment } from '../../../sandbox/bot-environment.ts';
import { openAuditLogVerifier } from '../../../src/audit/verify-audit-log.ts';
import { http, type RunningAzure, startAzure } from '../azure/local-azure.ts';
import { type BotProcess, type EndSignal, untilReady } from '../processes/bot-process.ts';
import { freePorts } from '../processes/free-ports.ts';
import { newDataDir } from '../store/data-folder.ts';
import { rowsOf, startPostgres } from '../store/postgres.ts';
import { readyDatabase, removeDatabase } from '../store/run-server.ts';
import { databaseSettings, sealKeys, sealKeysIn, serverSealKey, writeServerSealKey } from '../store/seal-keys.ts';
import { openTestStore } from '../store/test-stores.ts';
import { startLocalTeams, type TeamsClient } from '../teams/local-teams.ts';
import { childProcesses, inProcess, product } from './in-process.ts';
import { LogWatch } from './log-leaks.ts';

/** What tests change that no setting changes. */
export const testOverrides = (overrides: object): { readonly CMK_TEST_OVERRIDES: string } => ({
  CMK_TEST_OVERRIDES: JSON.stringify({ replica: 'local', ...overrides }),
});

/** The whole product on this machine: local Azure, local Teams, and the bot under test. */
export type World = Awaited<ReturnType<typeof startWorld>>;

/** Another bot on the same database. */
export interface Replica {
  readonly url: string;
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<void>;
  end(how: EndSignal): Promise<void>;
}

/** The bot has heard that it was installed, and has greeted: what it posts from then on is about the story. */
async function untilInstalled(teams: TeamsClient): Promise<void> {
  const waiting = async () =>
    z.object({ waiting: z.array(z.string()) }).parse((await teams.call('GET', '/client/installations')).body).waiting;
  for (const until = Date.now() + 20_000; Date.now() < until && (await waiting()).length > 0; )
    await new Promise((resolve) => setTimeout(resolve, 20));
}

export interface WorldOptions {
  /** Over the bot's usual local configuration. Without `DATABASE_URL` the world has a database of its own, and publishes its log. */
  readonly env?: NodeJS.ProcessEnv;
  /** A database server of its own, whose clock and the product's in this process `moveClock` moves. */
  readonly movable?: boolean;
  /** In this process, which is quick, or as child processes, which can be killed. Default: false. */
  readonly inProcess?: boolean;
  /** Approving needs a sign-in at the local Entra. */
  readonly stepUp?: boolean;
  /** Puts the seals' key where the bot reads it, and tells the secret's address; without it the key lies in a file. */
  readonly sealKey?: (azure: RunningAzure) => Promise<string>;
}

const sealsOf = async ({ sealKey }: WorldOptions, azure: RunningAzure, dataDir: string): Promise<NodeJS.ProcessEnv> =>
  sealKey === undefined
    ? { CMK_SEAL_KEY_FILE: await writeServerSealKey(dataDir) }
    : { CMK_SEAL_KEY_SECRET: await sealKey(azure) };

/** Starts a world of its own on free ports and a new folder. */
export async function startWorld(options: WorldOptions = {}) {
  const { stepUp = false } = options;
  const latency = 'instant' as const;
  const { startListening: start, spawnBot } = options.inProcess ? inProcess : childProcesses;
  const dataDir = await newDataDir();
  const server = options.movable ? await startPostgres({ movable: true }) : null;
  const ready = () => server?.newDatabase(server.readyUrl) ?? readyDatabase();
  const own = options.env?.DATABASE_URL === undefined ? await ready() : null;
  const url = own ?? options.env?.DATABASE_URL ?? '';
  const extra: NodeJS.ProcessEnv = { ...(own && (await databaseSettings(own, dataDir))), ...options.env };
  const azurePort = await freePorts(10);
  const botPort = await freePorts(2);
  const ports = {
    'bot-port': botPort,
    'teams-port': botPort + 1,
    'azure-port': azurePort,
    'sign-in-port': botPort + 2,
  };
  const botUrl = `http://127.0.0.1:${botPort}`;
  const azure = await startAzure({
    latency,
    dataDir,
    port: azurePort,
    start,
    ...(stepUp ? { signInPort: ports['sign-in-port'] } : {}),
  });
  const teams = await startLocalTeams({
    dataDir,
    botUrl: `${botUrl}/api/messages`,
    port: ports['teams-port'],
    azureUrl: azure.url,
    azureCaFile: `${dataDir}/ca.pem`,
    manifestFile: 'manifest/manifest.json',
    start,
  });
  let current: BotProcess | null = null;
  let output = '';
  const print = (text: string): void => {
    output += text;
  };
  const watch = new LogWatch();
  watch.keepOut('the seals’ key', serverSealKey);
  const sealKey = await sealsOf(options, azure, dataDir);
  const environment = (more: NodeJS.ProcessEnv) => {
    // Everything that could be logged is, so that everything is looked at.
    const options = { data: dataDir, ...ports, latency, 'step-up': stepUp, reset: false };
    const env = botEnvironment(options, {
      CMK_LOG_LEVEL: 'debug',
      CMK_WATCH_INTERVAL: 'off',
      // So that others soon take over what a killed bot had in hand.
      ...testOverrides({}),
      ...sealKey,
      ...extra,
      ...more,
    });
    watch.keepOutSettings(env);
    return env;
  };

  const endBot = async (how: EndSignal): Promise<void> => current?.end(how);
  const startBot = async (more: NodeJS.ProcessEnv = {}): Promise<void> => {
    current = await spawnBot(environment(more), print);
    await untilReady(current, botUrl);
    for (const key of await sealKeysIn(dataDir)) watch.keepOut('the seals’ key, or the log’s', key);
  };
  const moveClock = async (seconds: number): Promise<void> => {
    if (server === null) return;
    server.moveClock(seconds);
    (await product()).moveClock(seconds * 1_000);
  };
  const replicas: BotProcess[] = [];
  const startReplica = async (name: string, more: NodeJS.ProcessEnv = {}): Promise<Replica> => {
    const port = await freePorts(1);
    const replica = await spawnBot(
      { ...environment({ ...testOverrides({ replica: name }), ...more }), PORT: `${port}` },
      print,
    );
    replicas.push(replica);
    const url = `http://127.0.0.1:${port}`;
    await untilReady(replica, url);
    return { url, ended: replica.ended, end: (how: EndSignal) => replica.end(how) };
  };
  const end = async (): Promise<void> => {
    const how = options.inProcess ? 'SIGINT' : 'SIGKILL';
    await Promise.all(replicas.map((one) => one.end(how)));
    await Promise.all([endBot(how), teams.kill(), azure.kill()]);
    await moveClock(0);
    if (server !== null) await server.stop();
    else if (own !== null) await removeDatabase(own);
    rmSync(dataDir, { recursive: true, force: true });
    const leaks = watch.leaksIn(output);
    if (leaks.length > 0) throw new Error(leaks.join('\n'));
  };
  await startBot()
    .then(() => untilInstalled(teams.client))
    .catch(async (error: unknown) => {
      await end();
      throw error;
    });
  return {
    azure,
    teams: watched(teams.client, watch),
    botUrl,
    dataDir,
    databaseUrl: url,
    /** The settings that the bot was started with, and those of the command line. */
    settings: environment({}),
    /** What the local Azure was asked, oldest first. */
    azureRequests: async () => z.array(RequestRecord).parse((await http(azure, 'GET', '/simulator/requests')).body),
    printed: () => output,
    /** Lets the bot stand still, or go on. */
    signalBot: (signal: 'SIGSTOP' | 'SIGCONT') => current?.signal(signal),
    /** Resolves when the bot that runs now is gone, whoever ended it. */
    untilBotEnds: async () => current?.ended,
    /** Ends the bot as a crash would, or as Ctrl-C would. */
    endBot,
    /** Starts the bot on what it kept. What is set here holds for this life only. */
    startBot,
    /** Starts a second bot on the same database, which Teams does not speak to. */
    startReplica,
    restartBot: async (how: EndSignal, more?: NodeJS.ProcessEnv): Promise<void> => {
      await endBot(how);
      await startBot(more);
    },
    /** Moves the clock of a movable world by so much from the true time. */
    moveClock,
    /** Ends everything and removes what it kept. Fails when the bot printed a secret, or what a person wrote or chose. */
    end,
  };
}

/** The same people, with what they say and choose kept out of the log. */
const watched = (teams: TeamsClient, watch: LogWatch): TeamsClient => ({
  ...teams,
  say(personId, conversationId, text, replyToId) {
    watch.keepOut('what was said', text);
    return teams.say(personId, conversationId, text, replyToId);
  },
  click(personId, activityId, verb, more) {
    watch.keepOutInputs(more?.inputs);
    return teams.click(personId, activityId, verb, more);
  },
});

const EventInShort = z
  .object({
    type: z.string(),
    data: z.object({
      step: z.string().nullish(),
      attempt: z.number().optional(),
      as: z.string().optional(),
      found: z.array(z.object({ state: z.object({ code: z.string() }) })).optional(),
    }),
  })
  .transform(({ type, data: { step, attempt, as, found } }) => {
    if (found !== undefined) return [type, ...found.map(({ state }) => state.code)].join(' ');
    if (step && attempt) return `${type} ${step}/${attempt}`;
    return step ? `${type} ${step}` : (as ?? type);
  });

/** How often drifts began and ended, by the events of one: after the last, nothing is found any more. */
export function driftsIn(events: readonly string[]): { readonly begun: number; readonly ended: number } {
  const found = events.filter((one) => one.startsWith('drift-found')).map((one) => one !== 'drift-found');
  const count = (drifted: boolean) =>
    found.filter((one, n) => one === drifted && (found[n - 1] ?? false) !== drifted).length;
  return { begun: count(true), ended: count(false) };
}
const Text = z.object({
  request_id: z.string(),
  revision: z.number(),
  field: z.string(),
  salt: z.string(),
  text: z.string(),
});

/** What the bot stored, as an auditor finds it: reads the whole record and verifies it. */
export async function readRecord(world: Pick<World, 'databaseUrl'>) {
  const store = await openTestStore(world.databaseUrl);
  try {
    const derived = await store.auditLog.derived();
    const lines = await store.auditLog.lines(null, 100_000);
    const head = await store.auditLog.head();
    const rows = z
      .array(Text)
      .parse(await store.sql('select * from cmk.free_text order by request_id, revision, field'));
    const texts = rows.map(({ request_id: request, ...row }) => ({ request, ...row }));
    const verifier = openAuditLogVerifier({ keys: sealKeys, derived });
    for (const line of lines.filter(({ seq }) => seq <= head.seq)) {
      verifier.event(line);
      const own = texts.filter(({ request, revision }) => request === line.request && revision === line.revision);
      for (const text of own) verifier.text(text);
    }
    return {
      /** What the verifier has to say against the chain and the texts. Empty: nothing. */
      findings: verifier.end(head).findings,
      /** The events of a request in short: `submitted`, `step-done enable-identity/1`, `rejected`, `drift-found key-deleted`, oldest first. */
      events: (id: string): readonly string[] =>
        lines.filter((line) => line.request === id).map((line) => EventInShort.parse(JSON.parse(line.body))),
      /** Every request, oldest first. */
      requests: [...new Set(lines.map((line) => line.request))],
      /** Texts that are kept beside the chain, by request. */
      texts,
    };
  } finally {
    await store.close();
  }
}

/** Looks into the bot's database. */
export const queryStore = (
  { databaseUrl }: Pick<World, 'databaseUrl'>,
  sql: string,
): Promise<readonly Record<string, unknown>[]> => rowsOf(databaseUrl, sql);
