/** A checkpoint (C2SP tlog-checkpoint): which log, how many entries, and the root over them, as the text of a signed note. */
import type { Tree } from './proofs.ts';

export interface Checkpoint extends Tree {
  /** The log's name. It never changes, and no other log has it. */
  readonly origin: string;
}

const rootBytes = 32;

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/**
 * Null where it is no checkpoint. Lines after the third are refused: witnesses sign the first three alone, and what stands
 * below would look signed.
 */
export function readCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root, end, ...more] = text.split('\n');
  if (origin === undefined || origin === '' || size === undefined || root === undefined) return null;
  if (end !== '' || more.length > 0 || !/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const bytes = Buffer.from(root, 'base64');
  const canonical = bytes.length === rootBytes && bytes.toString('base64') === root;
  return canonical ? { origin, size: Number(size), root: bytes } : null;
}
