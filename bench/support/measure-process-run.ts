/** What a program took: the time by the clock, the processor's, and its memory at the most. Linux tells the last two. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';

export interface Run {
  readonly seconds: number;
  /** User and system; 0 where the system does not tell. */
  readonly cpuSeconds: number;
  /** Resident; 0 where the system does not tell. */
  readonly peakMb: number;
  readonly code: number | null;
  /** What it wrote to standard output, unless that went into a file. */
  readonly out: string;
}

const ticksPerSecond = 100;
const everyMs = 20;

function look(pid: number): { readonly cpuSeconds: number; readonly peakMb: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (peak === undefined) return null;
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, peakMb: Number(peak) / 1024 };
  } catch {
    return null;
  }
}

/** Runs Node with the arguments to its end. `into`: the file that its output goes to. */
export async function measureProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  into: string | null = null,
): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = { cpuSeconds: 0, peakMb: 0 };
  const timer = setInterval(() => {
    seen = look(child.pid ?? 0) ?? seen;
  }, everyMs);
  let out = '';
  const written = into === null ? null : child.stdout.pipe(createWriteStream(into));
  if (into === null) child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = await once(child, 'close');
  clearInterval(timer);
  if (written !== null) await finished(written);
  return { seconds: (performance.now() - began) / 1000, ...seen, code: typeof code === 'number' ? code : null, out };
}
