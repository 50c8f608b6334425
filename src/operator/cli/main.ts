import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { openTerminal, run } from './run.ts';
import { Unusable } from './subcommand.ts';

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function writeError(text: string): Promise<void> {
  process.stderr.write(text);
}

/** Echoes typed input; a hidden answer isn't echoed. */
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
    // Otherwise an interrupted question would never be answered.
    lines.once('SIGINT', () => broken.abort()).once('close', () => broken.abort());
    return await lines.question(question, { signal: broken.signal });
  } catch (error) {
    throw broken.signal.aborted ? new Unusable('interrupted') : error;
  } finally {
    lines.close();
    if (unseen) process.stderr.write('\n');
  }
}

/** Lines of a pipe. One reader for all questions, so that buffered lines aren't lost. */
let piped: AsyncIterator<string> | null = null;
async function nextLine(): Promise<string | null> {
  if (process.stdin.isTTY) return null;
  piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { done, value } = await piped.next();
  return done === true ? null : value;
}

// The reader can close the pipe early: `cmk-bot audit export … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

let shown = '';
/** Shows progress on standard error, each replacing the previous one. */
function progress(text: string): void {
  if (text === shown) return;
  process.stderr.write(`\r${' '.repeat(shown.length)}\r${text}`);
  shown = text;
}

const isInteractive = process.stdin.isTTY && process.stderr.isTTY;
process.exitCode = await run(
  process.argv.slice(2),
  openTerminal(write, writeError, {
    ask: isInteractive ? ask : null,
    nextLine,
    ...(process.stderr.isTTY ? { progress } : {}),
  }),
  process.cwd(),
);
// An open pipe would keep this process running.
if (piped !== null) process.stdin.destroy();
