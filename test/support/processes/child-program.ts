/** Programs that tests start as child processes: the simulators, which say when they listen, and what ends any of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startOf } from '../jest/prepared.ts';
import type { ProgramName } from '../jest/programs.ts';
import { repository } from './surroundings.ts';

export interface ListeningProgram {
  readonly url: string;
  /** Ends it as Ctrl-C would. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Starts a simulator and waits until it prints `label` and its address. It ends with this process. */
export async function startListening(
  name: ProgramName,
  args: readonly string[],
  label: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ListeningProgram> {
  const child = spawn(process.execPath, await startOf(name, args), {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killChild = (): boolean => child.kill('SIGKILL');
  process.once('exit', killChild);
  child.once('exit', () => process.off('exit', killChild));
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith(`${label} `)) continue;
    // Later output is discarded, so that it can't block the program.
    child.stdout.resume();
    return {
      url: line.slice(label.length + 1),
      stop: () => endChild(child, 'SIGTERM'),
      kill: () => endChild(child, 'SIGKILL'),
    };
  }
  throw new Error(`${label}: it ended before it listened`);
}
