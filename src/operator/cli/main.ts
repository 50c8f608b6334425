/** The command line's entry. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Unusable } from './inputs.ts';
import { openTerminal, run } from './run.ts';

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function writeError(text: string): Promise<void> {
  process.stderr.write(text);
}

/** Writes what is shown of an answer; of one that is unseen no more than the question. */
const echo = (unseen: boolean): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!unseen) process.stderr.write(chunk);
      done();
    },
  });

async function ask(question: string, { unseen } = { unseen: false }): Promise<string> {
  if (unseen) process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: echo(unseen), terminal: true });
  const broken = new AbortController();
  try {
    // Otherwise a question that is broken off would never be answered.
    lines.once('SIGINT', () => broken.abort()).once('close', () => broken.abort());
    return await lines.question(question, { signal: broken.signal });
  } catch (error) {
    throw broken.signal.aborted ? new Unusable('broken off; nothing was done') : error;
  } finally {
    lines.close();
    if (unseen) process.stderr.write('\n');
  }
}

/** Lines of a pipe; what was read ahead is not lost between two questions. */
let piped: AsyncIterator<string> | null = null;
async function nextLine(): Promise<string | null> {
  if (process.stdin.isTTY) return null;
  piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { done, value } = await piped.next();
  return done === true ? null : value;
}

// Whoever reads may have read enough: `cmk-bot audit export … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

let shown = '';
/** One line on standard error that the next one replaces. */
function progress(text: string): void {
  if (text === shown) return;
  process.stderr.write(`\r${' '.repeat(shown.length)}\r${text}`);
  shown = text;
}

const someoneIsThere = process.stdin.isTTY && process.stderr.isTTY;
process.exitCode = await run(
  process.argv.slice(2),
  openTerminal(write, writeError, {
    ask: someoneIsThere ? ask : null,
    nextLine,
    ...(process.stderr.isTTY ? { progress } : {}),
  }),
  process.cwd(),
);
// A pipe that nobody closes would keep this process.
if (piped !== null) process.stdin.destroy();
