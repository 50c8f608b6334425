/** A program that is measured: how soon it is there, what it takes, how it ends. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Child {
  readonly url: string;
  /** From the spawn to the first good answer, in milliseconds. */
  readonly readyAfterMs: number;
  /** What it holds in memory now, in MB (10^6 bytes). */
  memoryMb(): number;
  /** What it has used of processors so far, user and system, in milliseconds; in steps of ten. */
  cpuMs(): number;
  printed(): string;
  end(signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
}

/** Fields of `/proc/PID/stat` behind the name, which is in brackets; clock ticks are hundredths of a second on Linux. */
const [userTicks, systemTicks, tickMs] = [11, 12, 10];

/** What a process has used of processors so far, user and system, in milliseconds; in steps of ten. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[userTicks]) + Number(fields[systemTicks])) * tickMs;
}

const patienceMs = 120_000;

/** Starts it and waits until `${url}/readyz` is answered well. Throws what it printed where it ends before. */
export async function startChild(args: readonly string[], env: NodeJS.ProcessEnv, url: string): Promise<Child> {
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const end = async (signal: 'SIGINT' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    process.off('exit', kill);
  };
  for (;;) {
    if (child.exitCode !== null || performance.now() - began > patienceMs) {
      await end('SIGKILL');
      throw new Error(`${args.join(' ')} was not ready:\n${output}`);
    }
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) break;
    await sleep(5);
  }
  return {
    url,
    readyAfterMs: performance.now() - began,
    memoryMb: () => {
      const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      return (Number(kilobytes) * 1_024) / 1e6;
    },
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    printed: () => output,
    end,
  };
}
