/** The newest checkpoint of the published log, as it lies there: whoever reads it can check its signatures. */
import { newestPath } from '../audit/anchor/files.ts';
import { readCheckpoint } from '../audit/tlog/checkpoint.ts';
import type { AnchorFiles } from '../domain/ports/anchor.ts';

export interface NewestCheckpoint {
  /** How many events it covers. */
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** Null where nothing was published yet. Throws where the place cannot be reached. */
export async function newestPublishedCheckpoint({ read }: Pick<AnchorFiles, 'read'>): Promise<NewestCheckpoint | null> {
  const note = (await read(newestPath))?.toString('utf8') ?? '';
  const checkpoint = readCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
  return checkpoint === null ? null : { size: checkpoint.size, note };
}
