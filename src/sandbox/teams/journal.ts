import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Change } from './model.ts';

const fileName = 'journal.jsonl';
const Line = z.array(Change);

export interface Journal {
  /** Writes the changes as one line: after a kill either all of them are there or none. */
  append(changes: readonly Change[]): void;
  /** Replaces the file by a shorter one that folds to the same state. */
  rewrite(changes: readonly Change[]): void;
  /** Bytes on disk when the journal was opened. */
  readonly openedWith: number;
}

/**
 * Opens the journal of a data folder and returns what it holds. A last line without its end is a write that was killed: nobody was
 * answered, so it is cut off.
 */
export function openJournal(dataDir: string): { readonly journal: Journal; readonly changes: readonly Change[] } {
  const folder = join(dataDir, 'teams');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, fileName);
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(file, whole);
  const changes = readLines(bytes.subarray(0, whole).toString('utf8'), file);
  const toLine = (group: readonly Change[]) => `${JSON.stringify(group)}\n`;
  return {
    changes,
    journal: {
      openedWith: whole,
      append: (group) => appendFileSync(file, toLine(group), { mode: 0o600 }),
      rewrite: (all) => {
        writeFileSync(`${file}.new`, all.map((change) => toLine([change])).join(''), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      },
    },
  };
}

function readLines(text: string, file: string): Change[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line, index) => {
      try {
        return Line.parse(JSON.parse(line));
      } catch {
        throw new Error(`reading ${file}: line ${index + 1} is not a change; start with an empty data folder`);
      }
    });
}
