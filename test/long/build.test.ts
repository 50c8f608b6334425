import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import dockerignore from '@balena/dockerignore';
import { botEnvironment } from '../../sandbox/bot-environment.ts';
import { freePorts } from '../support/processes/free-ports.ts';
import { surroundings } from '../support/processes/surroundings.ts';
import { newDataDir } from '../support/store/data-folder.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { writeServerSealKey } from '../support/store/seal-keys.ts';
import { until } from '../support/world/story.ts';

/** What a build of the image sends, and what `npm run build` makes of that, where nothing else of the project is: as in a container. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = (name: string): string => readFileSync(path.join(root, name), 'utf8');
/** A watchdog: a start takes seconds. */
const patienceMs = 120_000;

const git = (words: readonly string[], input = ''): readonly string[] =>
  execFileSync('git', words, { cwd: root, encoding: 'utf8', input }).split('\n').filter(Boolean);
const context = dockerignore.default().add(file('.dockerignore'));

let app: string;
/** What the build is given: the files of the project that are sent. */
let sources: string;
beforeAll(async () => {
  app = await mkdtemp(path.join(tmpdir(), 'cmk-build-'));
  sources = await mkdtemp(path.join(tmpdir(), 'cmk-context-'));
  for (const name of context.filter([...git(['ls-files'])])) await cp(path.join(root, name), path.join(sources, name));
  await symlink(path.join(root, 'node_modules'), path.join(sources, 'node_modules'));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/build.ts', app], { cwd: sources });
  for (const outside of packagesIn(file('Dockerfile'))) {
    const to = path.join(app, 'node_modules', outside);
    await mkdir(path.dirname(to), { recursive: true });
    await cp(path.join(root, 'node_modules', outside), to, { recursive: true });
  }
}, patienceMs);
afterAll(() => Promise.all([app, sources].map((folder) => rm(folder, { recursive: true, force: true }))));

/** Those that the image gets beside the bundle. */
const packagesIn = (dockerfile: string): readonly string[] =>
  [...dockerfile.matchAll(/^COPY --from=build \/build\/node_modules\/(\S+) /gm)].map(([, name = '']) => name);

/** This one, and those that CI brings: paths with `:` between them. */
const nodes = [process.execPath, ...(process.env.CMK_OTHER_NODES ?? '').split(':').filter((one) => one !== '')];
const versionOf = (node: string): string => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

test.each(nodes.map((node) => [versionOf(node), node] as const))(
  'the bot starts from what was built and nothing else on Node %s, both read .env, the command line reads the record, and both end',
  async (_version, node) => {
    const data = await newDataDir();
    const port = await freePorts(4);
    const ports = { 'bot-port': port, 'teams-port': port + 1, 'azure-port': port + 2, 'sign-in-port': port + 3 };
    const options = { data, latency: 'instant', ...ports, 'step-up': false, reset: false } as const;
    // As a file beside the program; what is set already takes precedence.
    const own = { DATABASE_URL: await newDatabase(), CMK_SEAL_KEY_FILE: await writeServerSealKey(data) };
    const settings = Object.entries({ ...botEnvironment(options, own), PORT: '9' }).map((one) => `${one.join('=')}\n`);
    await writeFile(path.join(app, '.env'), settings.join(''));
    const env = { ...surroundings(), PORT: String(port) };
    const bot = spawn(node, ['cmk-bot-server.mjs'], { cwd: app, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(bot, 'exit');
    const answer = () => fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    await until(async () => bot.exitCode !== null || (await answer())?.ok === true, 'the bot to be ready', patienceMs);
    const { stdout } = await promisify(execFile)(node, ['cmk-bot.mjs', 'audit', 'verify'], { cwd: app, env });
    expect(stdout).toContain('verified');
    bot.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    await rm(data, { recursive: true, force: true });
  },
  patienceMs,
);

test('what was built holds the verifier for auditors, with its digest as sha256sum reads it', () => {
  const [verifier, sums] = ['verify.py', 'verify.py.sha256'].map((name) => readFileSync(path.join(app, name)));
  expect(verifier).toEqual(readFileSync(path.join(root, 'src/audit/outside/verify.py')));
  const digest = createHash('sha256')
    .update(verifier ?? '')
    .digest('hex');
  expect(sums?.toString('utf8')).toBe(`${digest}  verify.py\n`);
});

const dockerfile = file('Dockerfile');
const compose = file('compose.yaml');

it('the container runs as nobody in particular, listens where the image says, and asks after its health there', () => {
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^EXPOSE 3978$/m);
  expect(dockerfile).toContain('/healthz');
  expect(dockerfile).toContain('"cmk-bot-server.mjs"');
  expect(compose).toMatch(/^ {4}read_only: true$/m);
  expect(compose).toContain('3978:3978');
});

/** Files that setup, the install page, azd and the programs write, with secrets or state. */
const secrets = [
  '.env',
  '.env.2026-11-25',
  '.env.new',
  'seal.key',
  'log.key',
  'infra/seal.key',
  '.azure/prod/.env',
  '.azure/prod/config.json',
  'witness/witness.key',
  'anchor/checkpoint',
  '.local/seal.key',
];

describe('secrets of an installation', () => {
  it('are ignored by git', () => {
    const ignored = git(['check-ignore', '--no-index', '--stdin'], secrets.join('\n'));
    expect(secrets.filter((file) => !ignored.includes(file))).toEqual([]);
    expect(git(['ls-files', '--cached', '--ignored', '--exclude-standard'])).toEqual([]);
    expect(git(['ls-files', '.env.example'])).toEqual(['.env.example']);
  });

  it('aren’t in the build context, nor is a file that nobody has thought of', () => {
    const sent = [...secrets, 'id_rsa', 'prod/password.txt', '.git/config', 'infra/main.bicep'].filter(
      (file) => !context.ignores(file),
    );
    expect(sent).toEqual([]);
  });
});
