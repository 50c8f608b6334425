/** Verifiers that share no code with ours: Go's x/mod/sumdb, and our own in Python. Each judges many changes of one folder. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { verifyInPython } from './python-verifier.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
/** Where Debian's package golang-golang-x-mod-dev puts it. */
const goPath = '/usr/share/gocode';

/** How a folder is changed for one look; `test/outside/judge.go` says more. */
export interface Change {
  readonly flip?: readonly [path: string, offset: number, bits: number];
  readonly files?: Readonly<Record<string, string | null>>;
  readonly sizes?: readonly number[];
}

/** For each change what was found, or `ok`. */
export type Judge = (folder: string, keyFile: string, changes: readonly Change[]) => Promise<readonly string[]>;

const judgeBy =
  (program: string, before: readonly string[]): Judge =>
  async (folder, keyFile, changes) => {
    const child = spawn(program, [...before, folder, keyFile], { stdio: ['pipe', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    child.stdin.end(changes.map((change) => `${JSON.stringify(change)}\n`).join(''));
    const code = await ended;
    if (code !== 0) throw new Error(`${program} ended with ${code}`);
    return printed.split('\n').slice(0, -1);
  };

/** Null where there is no Python. */
export async function pythonJudge(): Promise<Judge | null> {
  const found = await promisify(execFile)('python3', ['--version']).catch(() => null);
  return found === null
    ? null
    : judgeBy('python3', [file('test/outside/judge.py'), file('src/audit/outside/verify.py')]);
}

/** The verifier in Python as people call it: its exit code, and what it printed. Null where there is no Python. */
export async function verifyPy(
  ...words: readonly string[]
): Promise<readonly [code: number | null, out: string] | null> {
  if ((await pythonJudge()) === null) return null;
  const [code, out, err] = verifyInPython(...words);
  process.stderr.write(err);
  return [code, out];
}

/** Null where there is no Go, or not the package. */
export async function goJudge(): Promise<Judge | null> {
  if (!existsSync(`${goPath}/src/golang.org/x/mod/sumdb/note`)) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-judge-'));
  const program = path.join(folder, 'judge');
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: goPath, GOCACHE: path.join(folder, 'cache') };
  await promisify(execFile)('go', ['build', '-o', program, file('test/outside/judge.go')], { env });
  return judgeBy(program, []);
}
