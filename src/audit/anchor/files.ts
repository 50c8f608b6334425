/** Names of the files of a published log. */

/** The newest checkpoint: the one file that changes. */
export const newestPath = 'checkpoint';

/** Every checkpoint is kept, by the number of events it covers. */
export const checkpointsPath = 'checkpoints';
export const checkpointPath = (size: number): string => `${checkpointsPath}/${size}`;

/** The verifier keys of the log, a line each, as the bot knows them. For comparing, not for trusting. */
export const keysPath = 'keys.txt';
