/**
 * The note beside an embedded database whose record was moved to a server: two that go on from one record would each decide
 * what the other knows nothing of. Beside the database and not in it, so that what was moved stays as it was.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const MovedMark = z.strictObject({
  /** Host and database, without what must not be shown. */
  to: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Where the record ended. */
  seq: z.number().int().min(0),
  hash: z.string(),
  /** False: it was begun, and nobody saw it end. */
  done: z.boolean(),
});
export type MovedMark = z.infer<typeof MovedMark>;

/** Where the note lies. */
export const movedFile = (dataDir: string): string => path.join(dataDir, 'moved.json');

/** Null where the record was not moved. Throws on a note that cannot be read: it is there for a reason. */
export async function readMoved(dataDir: string): Promise<MovedMark | null> {
  const text = await readFile(movedFile(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : MovedMark.parse(JSON.parse(text));
}

export async function writeMoved(dataDir: string, mark: MovedMark): Promise<void> {
  const file = movedFile(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
