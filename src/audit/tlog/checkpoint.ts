/** A checkpoint (C2SP tlog-checkpoint): the log's name, size and root, as the text of a signed note. */
import type { Tree } from './merkle-tree.ts';

export interface Checkpoint extends Tree {
  readonly origin: string;
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/**
 * Parses a checkpoint; null: invalid. Refuses lines after the third: witnesses sign only three lines, and the rest would look
 * signed.
 */
export function readCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root, end, ...more] = text.split('\n');
  if (origin === undefined || origin === '' || size === undefined || root === undefined) return null;
  if (end !== '' || more.length > 0 || !/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const bytes = Buffer.from(root, 'base64');
  const canonical = bytes.length === 32 && bytes.toString('base64') === root;
  return canonical ? { origin, size: Number(size), root: bytes } : null;
}
