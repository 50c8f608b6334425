/** A copy of the sources in which a test changes something, then compiles or runs it. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../processes/surroundings.ts';

export interface Edit {
  readonly file: string;
  /** Occurs once in the file. The addition follows it. */
  readonly after: string;
  readonly added: string;
}

export interface Compiled {
  readonly code: number;
  readonly out: string;
  /** The files in which the compiler found errors, sorted. */
  readonly objections: readonly string[];
}

export interface Scratch {
  readonly folder: string;
  compile(): Promise<Compiled>;
  /** Runs a script in the folder, with the sources as they are there. Returns what it printed. Throws if it fails. */
  run(script: string): Promise<string>;
}

function execute(program: string, args: readonly string[], cwd: string): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, maxBuffer: 2 ** 25 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, out: code === 0 ? out : `${out}${err}` });
    });
  });
}

async function compile(folder: string): Promise<Compiled> {
  const config = { extends: '../tsconfig.json', include: ['src'], exclude: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  // One checker: each of several would read most of the sources for itself.
  const args = ['-p', folder, '--pretty', 'false', '--checkers', '1'];
  const { code, out } = await execute(join(repository, 'node_modules/.bin/tsc'), args, folder);
  const named = [...out.matchAll(/^(\S[^(\n]*)\(\d+,\d+\): error /gm)].map(([, file = '']) => file);
  return { code, out, objections: [...new Set(named)].sort() };
}

async function run(folder: string, script: string): Promise<string> {
  const { code, out } = await execute(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    folder,
  );
  if (code !== 0) throw new Error(out);
  return out;
}

export function applyEdit(folder: string, { file, after, added }: Edit): void {
  const path = join(folder, file);
  const parts = readFileSync(path, 'utf8').split(after);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times ${after}`);
  writeFileSync(path, parts.join(`${after}${added}`));
}

/** Copies the sources and the data they import, applies the edits, and passes the copy on. */
export async function inScratch<T>(edits: readonly Edit[], use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(repository, '.one-more-'));
  try {
    for (const part of ['src', 'cards', 'infra/guard'])
      cpSync(join(repository, part), join(folder, part), { recursive: true });
    for (const edit of edits) applyEdit(folder, edit);
    return await use({ folder, compile: () => compile(folder), run: (script) => run(folder, script) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
