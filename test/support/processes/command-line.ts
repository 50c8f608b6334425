/** Runs `cmk-bot`: as an operator would, or without starting it anew for every call. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { forkProgram } from '../jest/prepared.ts';
import { repository, surroundings } from './surroundings.ts';

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Call {
  readonly id: number;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Lines that come by a pipe, or that a person types at a terminal. */
  readonly lines: readonly string[];
  readonly atTerminal: boolean;
  /** Where it is called. Null: its `.env` isn't read. */
  readonly folder: string | null;
}

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** A program of the sources in a process of its own, with nothing of this process's settings. `program`: its path in the project. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, cwd = repository }: Surroundings = {},
): Promise<Said> {
  const child = spawn(process.execPath, [path.join(repository, program), ...args], {
    cwd,
    env: { ...surroundings(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
}

/** As `npx cmk-bot` starts it. */
export const npxCmkBot = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Said> =>
  runProgram('src/operator/cli/cmk-bot.js', args, { env });

let host: Promise<ChildProcess> | null = null;
let calls = 0;

// It ends by itself then.
afterAll(async () => void (await host)?.disconnect());

/** The same subcommands, in one process that carries out all calls of a test file. */
export async function cmkBot(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  lines: readonly string[] = [],
  atTerminal = false,
  folder: string | null = null,
): Promise<Said> {
  host ??= forkProgram('command-line');
  const child = await host;
  calls += 1;
  const call: Call = { id: calls, args, env: { ...surroundings(), ...env }, lines, atTerminal, folder };
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`cmk-bot ${args.join(' ')} ended with ${code}`));
    const hear = ({ id, said }: { readonly id: number; readonly said: Said }): void => {
      if (id !== call.id) return;
      child.off('message', hear).off('exit', ended);
      resolve(said);
    };
    child.on('message', hear).once('exit', ended);
    child.send(call);
  });
}
