/** Where a log is published: files that anybody may read, and that are never changed once they are full. */

export interface AnchorFiles {
  /** Null where there is no such file. Throws where the place cannot be reached. */
  read(path: string): Promise<Buffer | null>;
  /** In place of what was there, whole or not at all. Lies safely when it answers. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** The newest checkpoint: the one file that changes. */
export const newestPath = 'checkpoint';

/** Every checkpoint is kept, by the number of events it covers. */
export const checkpointsPath = 'checkpoints';
export const checkpointPath = (size: number): string => `${checkpointsPath}/${size}`;

/** The verifier keys of the log, a line each, as the bot knows them. For comparing, not for trusting. */
export const keysPath = 'keys.txt';
