/** The engine by itself: so many workflows that wait for a message and end, over a kill of their process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('empty-workflows-run.ts', import.meta.url));

async function until(args: readonly string[], line: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const told of createInterface({ input: child.stdout })) {
    if (told !== line) continue;
    return async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
  }
  throw new Error(`the engine by itself ended before it said ${line}`);
}

/** Milliseconds from the second start until all have been told and have ended. */
export async function emptyWorkflows(url: string, count: number): Promise<number> {
  const kill = await until([url, `${count}`, 'start'], 'waiting');
  await kill();
  const began = performance.now();
  const end = await until([url, `${count}`, 'decide'], 'decided');
  const ms = performance.now() - began;
  await end();
  return ms;
}
