/** What a witness is asked (C2SP tlog-witness): to sign a checkpoint, shown to begin with the last one it signed. */
import type { Hash } from '../tlog/hashes.ts';

/** More lines of proof than a tree can need are refused unread. */
const mostProofLines = 63;
const hashBytes = 32;

export interface Ask {
  /** The size that the witness is thought to know. */
  readonly old: number;
  /** That a tree of that size is the beginning of the checkpoint's. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly note: string;
}

export const askText = ({ old, proof, note }: Ask): string =>
  `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;

/** Null where it is none. */
export function readAsk(text: string): Ask | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9]\d*)$/.exec(first) ?? [];
  if (old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > mostProofLines) return null;
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  const isCanonical = proof.every(
    (hash, index) => hash.length === hashBytes && hash.toString('base64') === lines[index],
  );
  return isCanonical ? { old: Number(old), proof, note: text.slice(end + 2) } : null;
}
