import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../support/processes/free-ports.ts';
import { surroundings } from '../support/processes/surroundings.ts';
import { cardText, teamsClient } from '../support/teams/local-teams.ts';
import { people, places, until } from '../support/world/story.ts';

/** The sources, started by npm as the README says, on a folder that knows no bot yet. Other tests start bundles of them. */

const root = fileURLToPath(new URL('../../', import.meta.url));
/** A watchdog: a first start takes seconds. */
const patienceMs = 240_000;
let npm: ChildProcess;
let printed: string;
let folder: string;

beforeEach(async () => {
  printed = '';
  folder = await mkdtemp(join(tmpdir(), 'cmk-start-'));
});

afterEach(async () => {
  signal('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** To npm and all that it started, as a terminal does. */
function signal(name: NodeJS.Signals): void {
  if (npm.pid !== undefined && npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid, name);
}

function run(...words: readonly string[]): void {
  npm = spawn('npm', words, { cwd: root, env: surroundings(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [npm.stdout, npm.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
}

test(
  'npm run local says that it is ready, answers people, and ends with Ctrl-C',
  async () => {
    const bot = await freePorts(1);
    const azure = await freePorts(10);
    const ports = ['--bot-port', `${bot}`, '--teams-port', `${bot + 1}`, '--azure-port', `${azure}`];
    run('run', 'local', '--', '--data', folder, ...ports, '--latency', 'instant');
    await until(async () => npm.exitCode !== null || printed.endsWith('ready\n'), 'it to be ready', patienceMs);
    expect(printed).toMatch(/ready\n$/);
    const teams = teamsClient(`http://127.0.0.1:${bot + 1}`);
    await teams.say(people.requester, places.operations, '/cmk-help');
    const help = await teams.sees(places.operations, people.requester, (one) => cardText(one).includes('Rotate a key'));
    expect(help.from.name).not.toBe('Ana');
    // A stand-in for a witness, whose key the person's file of verifier keys names.
    expect(printed).toMatch(/witness {10}http:\/\/127\.0\.0\.1:\d+ .* signs the published log/);
    expect(printed).toMatch(/^starting; this can take a minute$/m);
    expect(await readdir(join(folder, 'witness'))).toContain('witness.key');
    expect(await readFile(join(folder, 'my-keys.txt'), 'utf8')).toContain('localhost/witness+');
    // All of it: npm itself is gone at once.
    const ended = once(npm, 'close');
    signal('SIGINT');
    await ended;
    expect(printed).not.toMatch(/ended with code|Error/);
    expect(printed).toContain('Press Ctrl+C to stop everything.\n');
    expect(printed).toMatch(/stopping; the next start continues with \S+\nstopped\n/);
  },
  patienceMs + 20_000,
);
