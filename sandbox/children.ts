/** Child processes of `npm run local`, started and stopped together. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { prettyFactory } from 'pino-pretty';

export interface Child {
  readonly name: string;
  /** Resolves with the rest of the first line that starts with the name. Rejects if the process ends before. */
  readonly started: Promise<string>;
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
/** Time for the bot to close its database. A bot that is killed recovers at its next start. */
const stopTimeoutMs = 15_000;

function readable(stream: Readable | null): Readable {
  if (stream === null) throw new Error('the process was started without a pipe');
  return stream;
}

/** Arguments, environment, and how its output lines are formatted. */
interface ChildOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly shown?: (line: string) => string;
}

/** Starts an entry file. Prints each output line with the process's name in front. */
export function startChild(name: string, entry: string, { args, env, shown = (line) => line }: ChildOptions): Child {
  const program = ['--import', 'tsx', '--import', './sandbox/end-with-parent.ts', entry, ...args];
  const child = spawn(process.execPath, program, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => Number(code ?? 1));
  const started = new Promise<string>((resolve, reject) => {
    createInterface({ input: readable(child.stdout) }).on('line', (line) => {
      if (line.startsWith(`${name} `)) resolve(line.slice(name.length + 1));
      else console.log(`[${name}] ${shown(line)}`);
    });
    void ended.then((code) => reject(new Error(`${name} ended with code ${code} before it was ready`)));
  });
  started.catch(() => undefined);
  createInterface({ input: readable(child.stderr) }).on('line', (line) => console.error(`[${name}] ${line}`));
  return {
    name,
    started,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

const pretty = prettyFactory({ colorize: false, singleLine: true, translateTime: 'UTC:HH:MM:ss', ignore: 'replica' });

/** Formats a JSON log line for people. Returns other lines unchanged. */
export const formatLogLine = (line: string): string => pretty(line).trimEnd();
