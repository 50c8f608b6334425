/** `npm run local`: starts the bot, its database, both simulators and a witness on one machine. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KeyPurpose, readKeys } from '../src/audit/key-file.ts';
import { keyLine, signingKey } from '../src/audit/tlog/keys.ts';
import { isVariable } from '../src/config/settings/table.ts';
import { replaceFile } from '../src/io/files.ts';
import { withSettings } from '../src/operator/cli/with-settings.ts';
import { logKeyUse, sealKeyUse } from '../src/text/record.ts';
import { azureArguments, botEnvironment, teamsArguments, usageCheckSettings } from './bot-environment.ts';
import { type Child, formatLogLine, startChild } from './children.ts';
import { help, type LocalOptions, readOptions, usage } from './options.ts';
import { approver, auditor, localTenantId, operator, requestersGroup, secondApprover } from './people.ts';
import { freePort, startDatabase } from './postgres.ts';
import { startWitness } from './witness.ts';

/** What the sandbox starts, and stops in reverse order. */
type Part = Pick<Child, 'name' | 'ended' | 'stop'>;

/** Returns one line for each port in use: a bot that already runs there would answer that it's ready. */
async function busyPorts(options: LocalOptions): Promise<string> {
  let busy = '';
  for (const flag of ['bot-port', 'teams-port', 'azure-port'] as const) {
    const text = `port ${options[flag]} is in use; stop the program that uses it, or choose another with --${flag}\n`;
    busy += await freePort(options[flag], text).then(
      () => '',
      ({ message }: Error) => message,
    );
  }
  return busy.trim();
}

// The sandbox's witness shows how one works. On the same machine it proves nothing to others.

/** If one of these is set, the caller decides where the audit log is published or who signs it. */
const callerSettings = ['DATABASE_URL', 'CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_LOG_KEY_SECRET', 'CMK_WITNESSES'];

/** The verifier keys that an auditor would get from the operator and from the witness. */
const auditorKeys = 'my-keys.txt';

/** Reads keys from a file of the sandbox, and makes one first if there is none. */
async function ownKeys(file: string, use: KeyPurpose) {
  if (!existsSync(file)) await replaceFile(file, randomBytes(32).toString('base64'));
  return readKeys(file, use);
}

/** Starts the witness; null if the caller's settings take precedence. */
async function startOwnWitness({ data }: Pick<LocalOptions, 'data'>, caller: NodeJS.ProcessEnv) {
  if (callerSettings.some((name) => (caller[name] ?? '') !== '')) return null;
  const { CMK_LOG_NAME: name = `cmk-bot/${localTenantId}/audit` } = caller;
  const folder = `${data}/witness`;
  await mkdir(folder, { recursive: true });
  const log = (await ownKeys(`${data}/log.key`, logKeyUse)).map(({ bytes }) => signingKey(name, 'log', bytes).verifier);
  const [seed] = await ownKeys(`${folder}/witness.key`, logKeyUse);
  const key = signingKey('localhost/witness', 'witness', seed?.bytes ?? new Uint8Array());
  const { url, stop } = await startWitness({ folder, log, key, onRefused: (why) => console.error(`[witness] ${why}`) });
  await writeFile(`${data}/${auditorKeys}`, `${[...log, key.verifier].map(keyLine).join('\n')}\n`);
  const settings = { CMK_LOG_NAME: name, CMK_WITNESSES: `${url} ${keyLine(key.verifier)}` };
  return { child: { name: 'witness', ended: new Promise<number>(() => undefined), stop }, settings };
}

/** Starts the database and makes the keys beside it; null if the caller has a database. */
async function startOwnDatabase({ data }: Pick<LocalOptions, 'data'>, { DATABASE_URL: url = '' }: NodeJS.ProcessEnv) {
  if (url !== '') return null;
  const database = await startDatabase(data, { alone: true });
  const CMK_SEAL_KEY_FILE = `${data}/seal.key`;
  const CMK_LOG_KEY_FILE = `${data}/log.key`;
  await Promise.all([ownKeys(CMK_SEAL_KEY_FILE, sealKeyUse), ownKeys(CMK_LOG_KEY_FILE, logKeyUse)]);
  const publishing = { CMK_ANCHOR: `${data}/anchor`, CMK_CHECKPOINT_EVERY: '5s' };
  return { database, settings: { DATABASE_URL: database.url, CMK_SEAL_KEY_FILE, CMK_LOG_KEY_FILE, ...publishing } };
}

/** Turns on storage accounts, with a policy file of their own: it can be edited, and then stays. */
async function storageAccounts({ data }: Pick<LocalOptions, 'data'>) {
  const CMK_POLICY_FILE = `${data}/policy.json`;
  const rule = {
    name: 'storage accounts',
    match: { kinds: ['storage-account'] },
    requesters: [requestersGroup.id],
    approvers: [approver.id, secondApprover.id],
  };
  if (!existsSync(CMK_POLICY_FILE)) await writeFile(CMK_POLICY_FILE, `${JSON.stringify({ rules: [rule] }, null, 2)}\n`);
  return { CMK_KINDS: 'healthcare-agent,storage-account', CMK_POLICY_FILE };
}

/** Leaves the bot's settings for the command line. */
function leaveSettings({ data }: Pick<LocalOptions, 'data'>, env: NodeJS.ProcessEnv): Promise<void> {
  const settings = Object.entries(env).flatMap(([name, value]) => (isVariable(name) && value ? [[name, value]] : []));
  return replaceFile(`${data}/.env`, withSettings('', Object.fromEntries(settings)));
}

/** What `--reset` removes: nothing else in the folder. */
const ownFiles = [
  'azure',
  'teams',
  'postgres',
  'postgres.new',
  '.env',
  'ca.pem',
  'anchor',
  'witness',
  'policy.json',
  auditorKeys,
];

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

async function run(options: LocalOptions): Promise<void> {
  const busy = await busyPorts(options);
  if (busy !== '') {
    console.error(busy);
    process.exit(1);
  }
  console.log('starting; this can take a minute');
  for (const name of options.reset ? ownFiles : [])
    await rm(`${options.data}/${name}`, { recursive: true, force: true });
  await mkdir(options.data, { recursive: true });
  const servers = [
    startChild('Azure simulator', 'sandbox/azure/run.ts', { args: azureArguments(options), env: process.env }),
    startChild('Teams simulator', 'sandbox/teams/run.ts', { args: teamsArguments(options), env: process.env }),
  ];
  const children: Part[] = [...servers];
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
    const database = await startOwnDatabase(options, process.env);
    if (database !== null) children.unshift(database.database);
    if (database !== null) console.log(`database         ${options.data}/postgres`);
    const witness = await startOwnWitness(options, process.env);
    const [azure, teams] = await Promise.all(servers.map((child) => child.started));
    console.log(`Azure simulator  ${azure}`);
    if (witness !== null) {
      children.push(witness.child);
      const [address] = witness.settings.CMK_WITNESSES.split(' ');
      console.log(`witness          ${address}   signs the published log in ${options.data}/anchor`);
      console.log(`verifier keys    ${options.data}/${auditorKeys}   of the published log and the witness`);
    }
    // Starts the bot last: it reads the certificate authority that the Azure simulator writes.
    const people = { CMK_OPERATORS: operator.id, CMK_READERS: auditor.id };
    const own = { ...usageCheckSettings, ...people, ...(await storageAccounts(options)), CMK_WATCH_INTERVAL: '10s' };
    const settings = { ...own, ...database?.settings, ...witness?.settings };
    const env = botEnvironment(options, { ...settings, ...process.env });
    await leaveSettings(options, env);
    const bot = startChild('bot', 'src/main.ts', {
      args: [],
      env,
      ...(options.log === 'words' ? { shown: formatLogLine } : {}),
    });
    children.push(bot);
    for (const child of children) {
      void child.ended.then((code) => {
        if (!stopping) console.error(`${child.name} ended with code ${code}; stopping the others`);
        return stopAll(1);
      });
    }
    await untilReady(`http://127.0.0.1:${options['bot-port']}/readyz`, bot);
    console.log(`bot              http://127.0.0.1:${options['bot-port']}`);
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
