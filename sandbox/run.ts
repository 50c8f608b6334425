/** `npm run local`: starts the bot, both simulators and a witness on one machine. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openOwnKeys } from '../src/audit/key-file.ts';
import { keyLine, signingKey } from '../src/audit/tlog/keys.ts';
import { logKeyUse } from '../src/text/record.ts';
import { azureArguments, botEnvironment, teamsArguments, usageCheckSettings, watchingKeys } from './bot-environment.ts';
import { type Child, formatLogLine, startChild } from './children.ts';
import { help, type LocalOptions, readOptions, usage } from './options.ts';
import { localTenantId } from './people.ts';

const flags = ['bot-port', 'teams-port', 'azure-port'] as const;

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    // Other errors are reported by the process that listens on the port.
    server.once('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE'));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });

/** Returns one line for each port in use: a bot that already runs there would answer that it's ready. */
async function busyPorts(options: LocalOptions): Promise<readonly string[]> {
  const taken = await Promise.all(flags.map(async (flag) => ((await isTaken(options[flag])) ? [flag] : [])));
  return taken
    .flat()
    .map((flag) => `port ${options[flag]} is in use; stop the program that uses it, or choose another with --${flag}`);
}

// The sandbox's witness: a process with its own folder and key. It shows how a witness works. On the same machine it
// proves nothing to others.

/** If one of these is set, the caller decides where the audit log is published or who signs it. */
const callerSettings = ['DATABASE_URL', 'CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_LOG_KEY_SECRET', 'CMK_WITNESSES'];

/** The verifier keys that an auditor would get from the operator and from the witness. */
const auditorKeys = 'my-keys.txt';

/** Starts the witness; null if the caller's settings take precedence. `settings` are the bot's, once the witness listens. */
async function startOwnWitness(
  { data }: Pick<LocalOptions, 'data'>,
  caller: NodeJS.ProcessEnv,
): Promise<{ readonly child: Child; readonly settings: Promise<NodeJS.ProcessEnv> } | null> {
  if (callerSettings.some((name) => (caller[name] ?? '') !== '')) return null;
  const { CMK_LOG_NAME: name = `cmk-bot/${localTenantId}/audit` } = caller;
  const folder = `${data}/witness`;
  // The bot would create the key at its first start, but the witness needs it before.
  const keys = await openOwnKeys(`${data}/log.key`, logKeyUse);
  const verifiers = keys.map((seed) => signingKey(name, 'log', seed).verifier);
  const child = startChild('witness', 'sandbox/witness/run.ts', {
    args: [folder, ...verifiers.map(keyLine)],
    env: caller,
  });
  const settings = async (): Promise<NodeJS.ProcessEnv> => {
    const witness = await child.started;
    const lines = [...verifiers.map(keyLine), witness.slice(witness.indexOf(' ') + 1)];
    await writeFile(`${data}/${auditorKeys}`, `${lines.join('\n')}\n`);
    return { CMK_LOG_NAME: name, CMK_WITNESSES: witness };
  };
  return { child, settings: settings() };
}

const ownFiles = ['azure', 'teams', 'database', 'ca.pem', 'anchor', 'witness', auditorKeys];

/** Removes what earlier starts wrote, and nothing else in the folder. */
async function reset(folder: string): Promise<void> {
  for (const name of ownFiles) await rm(`${folder}/${name}`, { recursive: true, force: true });
}

async function untilReady(url: string, bot: Child): Promise<void> {
  const end: { code: number | null } = { code: null };
  void bot.ended.then((code) => {
    end.code = code;
  });
  for (;;) {
    if (end.code !== null) throw new Error(`the bot ended with code ${end.code} before it was ready`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
}

const startServers = (options: LocalOptions): Child[] => [
  startChild('Azure simulator', 'sandbox/azure/run.ts', { args: azureArguments(options), env: process.env }),
  startChild('Teams simulator', 'sandbox/teams/run.ts', { args: teamsArguments(options), env: process.env }),
];

async function run(options: LocalOptions): Promise<void> {
  const busy = await busyPorts(options);
  if (busy.length > 0) {
    console.error(busy.join('\n'));
    process.exit(1);
  }
  console.log('starting; this can take a minute');
  if (options.reset) await reset(options.data);
  await mkdir(options.data, { recursive: true });
  const children = startServers(options);
  let stopping = false;
  const stopAll = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    // Stops the bot first, because it might still call the others.
    for (const child of [...children].reverse()) await child.stop();
    if (code === 0) console.log('stopped');
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!stopping) console.log(`\nstopping; the next start continues with ${options.data}`);
      void stopAll(0);
    });
  }
  try {
    const witness = await startOwnWitness(options, process.env);
    const [azure, teams] = await Promise.all(children.map((child) => child.started));
    if (witness !== null) children.push(witness.child);
    const witnessed = (await witness?.settings) ?? {};
    // Starts the bot last: it reads the certificate authority that the Azure simulator writes.
    const bot = startChild('bot', 'src/main.ts', {
      args: [],
      env: botEnvironment(options, { ...usageCheckSettings, ...watchingKeys, ...witnessed, ...process.env }),
      ...(options.log === 'words' ? { shown: formatLogLine } : {}),
    });
    bot.started.catch(() => undefined);
    children.push(bot);
    for (const child of children) {
      void child.ended.then((code) => {
        if (!stopping) console.error(`${child.name} ended with code ${code}; stopping the others`);
        return stopAll(1);
      });
    }
    await untilReady(`http://127.0.0.1:${options['bot-port']}/readyz`, bot);
    console.log(`Azure simulator  ${azure}`);
    console.log(`bot              http://127.0.0.1:${options['bot-port']}`);
    if (witness !== null) {
      const [address] = witnessed.CMK_WITNESSES?.split(' ') ?? [];
      console.log(`witness          ${address}   signs the published log in ${options.data}/anchor`);
      console.log(`verifier keys    ${options.data}/${auditorKeys}   of the published log and the witness`);
    }
    console.log(`Teams simulator  ${teams}   <- open this page`);
    console.log('Press Ctrl+C to stop everything.');
    console.log('ready');
  } catch (error) {
    if (!stopping) console.error(error instanceof Error ? error.message : error);
    await stopAll(1);
  }
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') console.log(help);
  else await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exit(2);
}
