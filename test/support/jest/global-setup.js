/** Starts making what every test starts from, unless it is there for these very sources. Tests that need none do not wait. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const cache = path.join(root, 'node_modules/.cache/cmk-bot');

/** The folders of test/support that the programs use: the others can change without new programs. */
const support = ['azure', 'jest', 'processes', 'store'];
/** Everything that the programs and a first start are made from. */
const parts = [
  'src',
  'sandbox',
  'scripts',
  ...support.map((name) => `test/support/${name}`),
  'test/product.ts',
  'package-lock.json',
  'node_modules/.package-lock.json',
];

const filesIn = (part) =>
  statSync(part).isDirectory()
    ? readdirSync(part, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort()
    : [part];

/**
 * Of the sources and the day: a first start leaves events, certificates and keys with dates. A moved clock (libfaketime) has its own.
 */
function fingerprint() {
  const sources = createHash('sha256').update(process.version);
  for (const part of parts.map((name) => path.join(root, name)).filter((name) => existsSync(name))) {
    for (const file of filesIn(part)) sources.update(file).update(readFileSync(file));
  }
  sources.update(`${new Date().toISOString().slice(0, 10)} ${process.env.FAKETIME ?? ''}`);
  return sources.digest('hex').slice(0, 16);
}

/** Each takes ninety megabytes. A run that began within this time may still use one. */
const keptMs = 3_600_000;

/** What earlier sources or days left. */
function forgetOld(folder) {
  const found = readdirSync(cache).filter((name) => name.startsWith('prepared-'));
  for (const other of found.map((name) => path.join(cache, name)))
    if (other !== folder && Date.now() - statSync(other).mtimeMs > keptMs)
      rmSync(other, { recursive: true, force: true });
}

export default function setup() {
  mkdirSync(cache, { recursive: true });
  const folder = path.join(cache, `prepared-${fingerprint()}`);
  process.env.CMK_TEST_PREPARED = folder;
  process.env.CMK_TEST_WORLDS = path.join(cache, `worlds-${process.pid}`);
  mkdirSync(process.env.CMK_TEST_WORLDS, { recursive: true });
  process.env.CMK_TEST_JEST = String(process.pid);
  rmSync(`${folder}.failed`, { force: true });
  const now = new Date();
  if (existsSync(folder)) utimesSync(folder, now, now);
  forgetOld(folder);
  if (existsSync(folder)) return;
  const args = ['--import', 'tsx', path.join(root, 'test/support/jest/prepare.ts'), folder];
  // A group of its own: what it has started itself and does not know of yet ends with it.
  const making = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  making.unref();
  // Jest ends while it is still made when no test needed it.
  process.once('exit', () => {
    if (making.pid === undefined || making.exitCode !== null) return;
    try {
      process.kill(-making.pid, 'SIGTERM');
    } catch {
      // It has ended meanwhile.
    }
  });
}
