/** Lines of a file. */
import { createReadStream } from 'node:fs';

/** Ends lines at `\n` only: `node:readline` would also end them at characters that JSON may hold. */
export async function* fileLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
