/** The command line's entry. */
import { once } from 'node:events';
import os from 'node:os';
import { run } from './run.ts';
import { printable } from './words/table.ts';

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

// Whoever reads may have read enough: `cmk-bot audit export … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

process.exitCode = await run(process.argv.slice(2), {
  write,
  print: (text) => write(`${printable(text)}\n`),
  complain: async (line) => {
    process.stderr.write(`${printable(line)}\n`);
  },
  user: userName(),
});
