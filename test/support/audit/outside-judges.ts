/** Judges of whole published logs that share no code with the bot: Go's x/mod/sumdb, and verify.py. For each log what was found, or `ok`. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inPython } from './python-verifier.ts';

/** The files of a published log. */
export type Log = ReadonlyMap<string, Buffer>;
export type Judge = (logs: readonly Log[], keys: string) => Promise<readonly string[]>;

/** Where Debian's package golang-golang-x-mod-dev puts it. */
const goPath = '/usr/share/gocode';

export const sizesIn = (log: Log): readonly number[] =>
  [...log.keys()].flatMap((name) => (name.startsWith('checkpoints/') ? Number(name.slice('checkpoints/'.length)) : []));

const inBase64 = (log: Log) => Object.fromEntries([...log].map(([name, bytes]) => [name, bytes.toString('base64')]));

export const pythonJudge: Judge = async (logs, keys) => {
  const check = '(lambda log: verify.check(log.get, sizes, verify.read_keys(given[0])) and "ok")';
  const decoded = '{name: base64.b64decode(data) for name, data in log.items()}';
  const given = [keys, logs.map((log) => [inBase64(log), sizesIn(log)])];
  return inPython(`[answer(lambda: ${check}(${decoded})) for log, sizes in given[1]]`, given) as readonly string[];
};

/** Null where there is no Go, or not the package. */
export async function goJudge(): Promise<Judge | null> {
  if (!existsSync(`${goPath}/src/golang.org/x/mod/sumdb/note`)) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-judge-'));
  const program = path.join(folder, 'judge');
  const source = fileURLToPath(new URL('../../outside/judge.go', import.meta.url));
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: goPath, GOCACHE: path.join(folder, 'cache') };
  await promisify(execFile)('go', ['build', '-o', program, source], { env });
  return async (logs, keys) => {
    const child = spawn(program, [keys], { stdio: ['pipe', 'pipe', 'inherit'] });
    const printed = text(child.stdout);
    child.stdin.end(logs.map((log) => `${JSON.stringify(inBase64(log))}\n`).join(''));
    return (await printed).split('\n').slice(0, -1);
  };
}
