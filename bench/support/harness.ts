/** Starts the processes of a measurement: builds of the bot, an echo bot, an Azure simulator, and a stub of Teams. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { botEnvironment } from '../../sandbox/bot-environment.ts';
import { teamMember } from '../../sandbox/people.ts';
import { changeState } from '../../test/support/azure/local-azure.ts';
import { freePorts } from '../../test/support/processes/free-ports.ts';
import { writeServerSealKey } from '../../test/support/store/seal-keys.ts';
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What every measurement gets. */
export interface Bench {
  /** Checkouts with a production build: this one, and optionally an older one. */
  readonly checkouts: readonly string[];
  readonly rounds: number;
  /** Creates a database that a bot has used before, or a copy of one. */
  newDatabase(copied?: string): Promise<string>;
}

const builtIn = (checkout: string): string => path.join(checkout, 'node_modules/.cache/cmk-bot/bench');

export async function build(checkout: string): Promise<void> {
  rmSync(builtIn(checkout), { recursive: true, force: true });
  await promisify(execFile)('npm', ['run', 'build', '--', builtIn(checkout)], { cwd: checkout });
}

export const running = new Set<ChildProcess>();
export const endAll = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
process.setMaxListeners(0).once('exit', endAll);
const isReady = async (url: string): Promise<boolean> => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true;

/** Starts a Node program and waits until it is ready or prints `sign`. If it ends before, throws its output. */
async function start(args: readonly string[], env: NodeJS.ProcessEnv, url: string, sign?: string) {
  const began = performance.now();
  const { PATH, HOME } = process.env;
  const options = { cwd: root, env: { PATH, HOME, ...env } };
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  let output = '';
  child.stdout.on('data', (part) => (output += part));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(sign === undefined ? await isReady(url) : output.includes(sign))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended:\n${output}`);
    await sleep(5);
  }
  const readyAfterMs = performance.now() - began;
  const end = async (signal: 'SIGINT' | 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
    running.delete(child);
  };
  return { url, pid: child.pid ?? 0, readyAfterMs, end };
}

/** Answers each of the bot's calls to Teams with an ID, as fast as Node can. */
async function startConnector() {
  let bodies: string[] = [];
  let id = 0;
  const server = createServer(async (request, response) => {
    bodies = [...bodies.slice(-20), await text(request)];
    id += 1;
    response.setHeader('content-type', 'application/json');
    response.end(`{"id":"${id}","activityId":"${id}","members":[]}`);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const newestWith = (part: string): string => bodies.findLast((body) => body.includes(part)) ?? '{}';
  return { port, url: `http://127.0.0.1:${port}`, newestWith };
}

export const agentName = (n: number): string => `agent-${String(n).padStart(5, '0')}`;
export type Ground = Awaited<ReturnType<typeof openGround>>;

/** Starts everything that a bot needs. `agents`: number of simulated agents besides the seed. */
export async function openGround({ checkouts }: Pick<Bench, 'checkouts'>, agents = 0) {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'cmk-bench-'));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const port = await freePorts(10);
  const connector = await startConnector();
  // The older checkout's simulator, because it supports what both bots call.
  const older = checkouts.at(-1) ?? root;
  const { scripts } = JSON.parse(readFileSync(path.join(older, 'package.json'), 'utf8'));
  const file = path.join(older, scripts.local.split(' ').at(-1), '../azure/run.ts');
  const program = ['--import', 'tsx', file, '--data', dataDir, '--port', `${port}`, '--latency', 'instant'];
  const simulator = await start(program, {}, `https://localhost:${port}`, 'Azure simulator ');
  const end = (): Promise<void> => simulator.end('SIGKILL');
  const ca = readFileSync(path.join(dataDir, 'ca.pem'), 'utf8');
  const azure = { ...simulator, port, dataDir, ca, stop: end, kill: end };
  await changeState(azure, (state) => {
    const like = state.agents.find(({ name }: { readonly name: string }) => name === 'triage-agent-test');
    for (let n = 1; n <= agents; n += 1) state.agents.push({ ...like, name: agentName(n) });
  });
  const sealKey = await writeServerSealKey(dataDir);
  return {
    azure,
    connector,
    async startBot(checkout: string, database: string, settings: NodeJS.ProcessEnv = {}) {
      const botPort = await freePorts(1);
      const ports = { 'bot-port': botPort, 'teams-port': connector.port, 'azure-port': port, 'sign-in-port': 1 };
      const place = { data: dataDir, ...ports, latency: 'instant', 'step-up': false, reset: false } as const;
      const own = { DATABASE_URL: database, CMK_SEAL_KEY_FILE: sealKey, CMK_READERS: teamMember.id };
      // One process sends the load of a whole hospital group.
      const rest = { CMK_ANCHOR: 'none', CMK_AUDIT_CHANNEL: 'none', CMK_CALLS_AT_ONCE: '100000' };
      const env = botEnvironment(place, { ...own, ...rest, ...settings });
      return start([path.join(builtIn(checkout), 'cmk-bot-server.mjs')], env, `http://127.0.0.1:${botPort}`);
    },
    async startEcho() {
      const PORT = `${await freePorts(0)}`;
      return start(['bench/support/echo.js'], { PORT }, `http://127.0.0.1:${PORT}`);
    },
  };
}
