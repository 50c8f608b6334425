/** The command line's entry. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { run } from './run.ts';
import { openTerminal } from './terminal.ts';

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function writeError(text: string): Promise<void> {
  process.stderr.write(text);
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

// Whoever reads may have read enough: `cmk-bot audit export … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

const someoneIsThere = process.stdin.isTTY && process.stderr.isTTY;
process.exitCode = await run(process.argv.slice(2), openTerminal(write, writeError, someoneIsThere ? ask : null));
