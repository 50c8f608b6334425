/** The three processes of `npm run local`: started together, stopped together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly name: string;
  /** Resolves with the rest of the first line that starts with the name; rejects when the process ends before. */
  readonly started: Promise<string>;
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The store is given time to finish; what still runs then survives being cut short. */
const patienceMs = 15_000;

const exit = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 0 : 1))));

function readable(stream: Readable | null): Readable {
  if (stream === null) throw new Error('the process was started without a pipe');
  return stream;
}

/** What is started, and how its lines are to be read. */
export interface ChildOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly shown?: (line: string) => string;
}

/** Starts an entry file. Its output is passed on with its name in front of each line. */
export function startChild(name: string, entry: string, { args, env, shown = (line) => line }: ChildOptions): Child {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--import', './src/sandbox/end-with-parent.ts', entry, ...args],
    {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const ended = exit(child);
  const started = new Promise<string>((resolve, reject) => {
    createInterface({ input: readable(child.stdout) }).on('line', (line) => {
      if (line.startsWith(`${name} `)) resolve(line.slice(name.length + 1));
      else console.log(`[${name}] ${shown(line)}`);
    });
    void ended.then((code) => reject(new Error(`${name} ended with code ${code} before it was ready`)));
  });
  createInterface({ input: readable(child.stderr) }).on('line', (line) => console.error(`[${name}] ${line}`));
  return {
    name,
    started,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
