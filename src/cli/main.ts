/** The command line's entry. */
import { once } from 'node:events';
import { run } from './run.ts';
import { openTerminal } from './terminal.ts';

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function writeError(text: string): Promise<void> {
  process.stderr.write(text);
}

// Whoever reads may have read enough: `cmk-bot audit export … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

process.exitCode = await run(process.argv.slice(2), openTerminal(write, writeError));
