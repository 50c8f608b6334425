/** Names of the files of a published log, and how large each can be. */

export const newestPath = 'checkpoint';

/** All checkpoints, by the number of events that they cover. */
export const checkpointsPath = 'checkpoints';
export const checkpointPath = (size: number): string => `${checkpointsPath}/${size}`;

/** The bot's list of the log's verifier keys, one per line. For comparison, not for trust. */
export const keysPath = 'keys.txt';

/** Room for 64 signatures and a long name. */
const maxNote = 65_536;
const maxHashTile = 256 * 32;
/** 256 entries, each after its length. */
const maxEntryTile = 256 * (2 + 0xff_ff);

export function maxFileSize(name: string): number {
  if (name.startsWith('tile/entries/')) return maxEntryTile;
  return name.startsWith('tile/') ? maxHashTile : maxNote;
}
