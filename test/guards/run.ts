/**
 * `npm run guards [-- NAME…]`: puts each fault of faults.txt into a copy of the sources, and prints which suites notice it. Those
 * that its row names run first; if none of them notices it, all others of `npm test` that import the file do.
 * Exits with 1 if a suite fails without a fault, or a fault isn't noticed.
 *
 * - `--check`: only check that each fault can be put in, and that its suites are there. `npm run check` does.
 * - `--find`: run all suites that import the file, and print each that notices.
 * - `--share N`: one in N faults, chosen by `CMK_CRASH_SEED`.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import prepare from '../support/jest/global-setup.js';

/** One change that breaks the product. */
interface Fault {
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
  /** Each of them notices it. Below `test/`, without `.test.ts`. */
  readonly suites: readonly string[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const suiteFile = (suite: string): string => `test/${suite}.test.ts`;
const marked = (lines: readonly string[], mark: string): string =>
  lines
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(2))
    .join('\n');

/** A paragraph: a file and its suites, then its faults. Each: what people would meet, what goes (-), and what comes instead (+). */
function faultsIn(paragraph: string): readonly Fault[] {
  const [[head = ''] = [], ...rest] = paragraph.split(/\n(?![-+] )/).map((part) => part.split('\n'));
  const [file = '', usual = ''] = head.split(': ');
  return rest.map(([what = '', ...lines]) => {
    const [, name, own = usual] = /^([a-z-]+)(?: \((.+)\))?: \S/.exec(what) ?? [];
    if (name === undefined) throw new Error(`test/guards/faults.txt: can't read: ${what}`);
    return { name, file, from: marked(lines, '-'), to: marked(lines, '+'), suites: own.split(', ') };
  });
}
const faults = readFileSync(new URL('faults.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n\n')
  .flatMap(faultsIn);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean' },
    find: { type: 'boolean' },
    share: { type: 'string' },
  },
});
const patienceMs = 300_000;
const seed = Number(process.env.CMK_CRASH_SEED ?? 0);
const share = Number(values.share ?? 1);
const chosen = faults.filter(({ name }, n) =>
  positionals.length > 0 ? positionals.includes(name) : (n + seed) % share === 0,
);

// No suite here starts the bot; the server of the store's suites is prepared once.
const config = `import config from './jest.config.js';
const { globalSetup, globalTeardown, displayName, ...usual } = config.projects.find(({ displayName }) => displayName === 'usual');
export default { ...usual, testPathIgnorePatterns: [], testTimeout: 60_000 };
`;
const left = new Set(['node_modules', '.git', 'dist', '.local']);

/** Suites by how many of their tests failed; null if a suite couldn't run. */
type Failed = ReadonlyMap<string, number | null>;

interface SuiteResult {
  readonly name: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

/** Two parts, where the file holds the text once. */
const partsOf = (file: string, text: string): readonly string[] => readFileSync(file, 'utf8').split(text);

/** A copy of the sources, in which one fault at a time is. */
function openCopy(scratch: string) {
  const folder = mkdtempSync(path.join(scratch, 'copy-'));
  cpSync(root, folder, { recursive: true, filter: (file) => !left.has(path.relative(root, file)) });
  writeFileSync(path.join(folder, 'jest.guards.js'), config);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));

  async function run(suites: readonly string[]): Promise<Failed> {
    const results = path.join(folder, 'results.json');
    rmSync(results, { force: true });
    const options = [
      '--config',
      'jest.guards.js',
      '--maxWorkers=1',
      '--forceExit',
      '--json',
      `--outputFile=${results}`,
    ];
    const args = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...options, '--runTestsByPath'];
    const exec = { cwd: folder, maxBuffer: 2 ** 26, timeout: patienceMs };
    await promisify(execFile)(process.execPath, [...args, ...suites.map(suiteFile)], exec).catch(() => undefined);
    const { testResults }: { readonly testResults: readonly SuiteResult[] } = JSON.parse(readFileSync(results, 'utf8'));
    const counts = testResults.map(({ name, assertionResults }): [string, number | null] => [
      path.relative(path.join(folder, 'test'), name).replace('.test.ts', ''),
      assertionResults.length === 0 ? null : assertionResults.filter(({ status }) => status === 'failed').length,
    ]);
    return new Map(counts.filter(([, count]) => count !== 0));
  }

  return {
    run,
    /** Runs the suites with the fault. */
    async runWith({ file, from, to }: Fault, suites: readonly string[]): Promise<Failed> {
      const place = path.join(folder, file);
      const text = readFileSync(place, 'utf8');
      const [before = '', after = ''] = text.split(from);
      writeFileSync(place, `${before}${to}${after}`);
      try {
        return await run(suites);
      } finally {
        writeFileSync(place, text);
      }
    },
  };
}
type Copy = ReturnType<typeof openCopy>;

/** The suites of `npm test` that import the file themselves. */
function importersOf(file: string): readonly string[] {
  return ['test/unit', 'test/contract'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((name) => name.endsWith('.test.ts'))
      .filter((name) => {
        const imported = readFileSync(path.join(root, name), 'utf8').matchAll(/from '(\.[^']+)'/g);
        return [...imported].some(([, to = '']) => path.join(path.dirname(name), to) === file);
      })
      .map((name) => name.slice('test/'.length).replace('.test.ts', '')),
  );
}

/** Without those that fail without the fault, too. */
async function byTheFault(copy: Copy, failed: Failed): Promise<Failed> {
  if (failed.size === 0) return failed;
  const anyway = await copy.run([...failed.keys()]);
  return new Map([...failed].filter(([suite, count]) => count !== null && !anyway.has(suite)));
}

async function noticed(copy: Copy, fault: Fault): Promise<Failed> {
  const named = await copy.runWith(fault, fault.suites);
  const sound = new Map([...named].filter(([, count]) => count !== null));
  if (sound.size > 0 && values.find !== true) return sound;
  const others = importersOf(fault.file).filter((suite) => !fault.suites.includes(suite));
  if (others.length === 0) return sound;
  return new Map([...sound, ...(await byTheFault(copy, await copy.runWith(fault, others)))]);
}

/** Does the work on all copies at once. */
async function onEach<T>(copies: readonly Copy[], work: readonly T[], act: (copy: Copy, one: T) => Promise<void>) {
  const waiting = [...work];
  const turn = async (copy: Copy): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(copy, one);
  };
  await Promise.all(copies.map(turn));
}

const words = (failed: Failed): string =>
  [...failed].map(([suite, count]) => `${suite} (${count ?? "doesn't run"})`).join(', ');

const misfits = faults.flatMap(({ name, file, from, suites }) => [
  ...(existsSync(path.join(root, file)) && partsOf(path.join(root, file), from).length === 2
    ? []
    : [`${name}: ${file} doesn't hold once: ${from}`]),
  ...suites.filter((suite) => !existsSync(path.join(root, suiteFile(suite)))).map((suite) => `${name}: no ${suite}`),
]);
if (misfits.length > 0)
  process.stderr.write(`${misfits.join('\n')}\nChange the rows of test/guards/faults.txt: see README.md there.\n`);
if (misfits.length > 0 || values.check === true) process.exit(misfits.length > 0 ? 1 : 0);

const scratch = mkdtempSync(path.join(os.tmpdir(), 'cmk-guards-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
prepare();
const copies = Array.from({ length: os.availableParallelism() }, () => openCopy(scratch));
let wrong = 0;
const say = (isWell: boolean, line: string): void => {
  if (!isWell) wrong += 1;
  process.stdout.write(`${isWell ? '' : 'WRONG  '}${line}\n`);
};

const suites = [...new Set(chosen.flatMap((fault) => fault.suites))].sort();
const halves = copies.map((_, n) => suites.filter((_suite, at) => at % copies.length === n));
await onEach(
  copies,
  halves.filter((half) => half.length > 0),
  async (copy, half) => {
    for (const [suite, count] of await copy.run(half))
      say(false, `without a fault: ${words(new Map([[suite, count]]))}`);
  },
);
let put = 0;
await onEach(copies, chosen, async (copy, fault) => {
  const failed = await noticed(copy, fault);
  put += 1;
  say(
    failed.size > 0,
    `${fault.name}: ${failed.size > 0 ? words(failed) : `not noticed by ${fault.suites.join(', ')}`}`,
  );
  const named = fault.suites.filter((suite) => !failed.has(suite));
  if (failed.size > 0 && named.length > 0) say(true, `  its row names ${named.join(', ')}, which doesn't notice it`);
});
process.stdout.write(`${put - wrong} of ${chosen.length} faults noticed, ${wrong} wrong\n`);
process.exit(wrong > 0 ? 1 : 0);
