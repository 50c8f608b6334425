/** One bot as a child process: started, waited for, signalled, ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { startOf } from '../jest/prepared.ts';
import { repository, surroundings } from './surroundings.ts';

export type EndSignal = 'SIGKILL' | 'SIGINT';

export interface BotProcess {
  /** It is gone, and all that it printed is there. */
  readonly hasEnded: boolean;
  readonly ended: Promise<void>;
  /** All that it printed so far. */
  printed(): string;
  /** Lets it stand still, as a machine that is held up does, or go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  end(signal: EndSignal): Promise<void>;
}

/** Starts the bot with this environment and nothing of the caller's. `print` gets what it prints, as it comes. */
export async function spawnBot(
  env: NodeJS.ProcessEnv,
  print: (text: string) => void = () => undefined,
): Promise<BotProcess> {
  const child: ChildProcess = spawn(process.execPath, await startOf('bot', []), {
    cwd: repository,
    env: { ...surroundings(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let closed = false;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      print(text);
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('close', () => {
    closed = true;
  });
  return {
    get hasEnded() {
      return closed;
    },
    ended,
    printed: () => printed,
    signal: (signal) => void child.kill(signal),
    end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

/** Throws with what it printed where it ends before it is ready. */
export async function untilReady(bot: BotProcess, url: string): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until && !bot.hasEnded; ) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the bot was not ready, or not in time:\n${bot.printed()}`);
}
