/** Names of the files of a published log. */
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import { readCheckpoint } from '../tlog/checkpoint.ts';

/** The newest checkpoint: the one file that changes. */
export const newestPath = 'checkpoint';

/** Every checkpoint is kept, by the number of events it covers. */
export const checkpointsPath = 'checkpoints';
export const checkpointPath = (size: number): string => `${checkpointsPath}/${size}`;

/** The verifier keys of the log, a line each, as the bot knows them. For comparing, not for trusting. */
export const keysPath = 'keys.txt';

/** How many events the newest checkpoint covers, by what it says: its signature is not looked at. 0 where there is none. */
export async function publishedCount(read: AnchorFiles['read']): Promise<number> {
  const note = (await read(newestPath))?.toString('utf8') ?? '';
  return readCheckpoint(note.slice(0, note.indexOf('\n\n') + 1))?.size ?? 0;
}
