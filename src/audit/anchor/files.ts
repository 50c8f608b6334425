/** Names of the files of a published log. */

/** The newest checkpoint: the one file that changes. */
export const newestPath = 'checkpoint';

/** Every checkpoint is kept, by the number of events it covers. */
export const checkpointsPath = 'checkpoints';
export const checkpointPath = (size: number): string => `${checkpointsPath}/${size}`;

/** The verifier keys of the log, a line each, as the bot knows them. For comparing, not for trusting. */
export const keysPath = 'keys.txt';

/** 64 signatures, and a long name. */
const longestNote = 65_536;
const longestHashTile = 256 * 32;
/** 256 entries, each behind its length. */
const longestEntryTile = 256 * (2 + 0xff_ff);

/** How many bytes a file of that name has at most. */
export function longestFile(name: string): number {
  if (name.startsWith('tile/entries/')) return longestEntryTile;
  return name.startsWith('tile/') ? longestHashTile : longestNote;
}
