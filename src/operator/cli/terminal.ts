/** Who is at the command line, and how words reach them. */
import os from 'node:os';
import type { CommandEnvironment } from './subcommand.ts';
import { printable } from './words/table.ts';

/** Where words go, and who is there. */
export type Terminal = Pick<CommandEnvironment, 'print' | 'write' | 'complain' | 'user' | 'ask' | 'nextLine'>;

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Of a program with these two outputs. What is for people cannot steer their terminal. */
export const openTerminal = (
  write: (text: string) => Promise<void>,
  writeError: (text: string) => Promise<void>,
  { ask = null, nextLine = async () => null }: Partial<Pick<CommandEnvironment, 'ask' | 'nextLine'>> = {},
): Terminal => ({
  write,
  print: (text) => write(`${printable(text)}\n`),
  complain: (line) => writeError(`${printable(line)}\n`),
  user: userName(),
  ask,
  nextLine,
});
