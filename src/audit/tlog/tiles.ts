/** Where tiles lie (C2SP tlog-tiles): 256 hashes a tile, a tile a file, named so that no folder holds more than a thousand. */

export const tileWidth = 256;

/** Entries are the events themselves; a number is a level of hashes, each level 256 times as coarse as the one below. */
type TileKind = 'entries' | number;

export interface TileAt {
  readonly kind: TileKind;
  /** The n-th tile of its kind, from 0. */
  readonly index: number;
  /** How many it holds, 1 to 256. */
  readonly width: number;
}

const threeDigits = (n: number): string => String(n % 1000).padStart(3, '0');

/** 1234067 is x001/x234/067. */
function numberPath(n: number): string {
  const parts = [threeDigits(n)];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
    parts.unshift(`x${threeDigits(rest)}`);
  return parts.join('/');
}

export const tilePath = ({ kind, index, width }: TileAt): string =>
  `tile/${kind}/${numberPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;

/** How many leaves one hash of the level stands for. */
const leavesOf = (level: number): number => tileWidth ** level;

/** How many hashes a tree has at a level; entries stand at the level of leaves. */
const hashesAt = (kind: TileKind, size: number): number => Math.floor(size / leavesOf(kind === 'entries' ? 0 : kind));

/** The tile that holds the n-th hash, or entry, of a tree of `size` leaves. */
export function tileOf(kind: TileKind, n: number, size: number): TileAt {
  const index = Math.floor(n / tileWidth);
  return { kind, index, width: Math.min(tileWidth, hashesAt(kind, size) - index * tileWidth) };
}

// Entries in a tile: each behind its length, two bytes, the greater first (C2SP tlog-tiles).

const lengthBytes = 2;
const longest = 0xff_ff;

/** An entry that no bundle can hold. An event's body is far from it: its free text is kept elsewhere. */
class EntryTooLong extends Error {
  override readonly name = 'EntryTooLong';
}

export function bundleOf(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > longest) throw new EntryTooLong(`an entry of ${entry.length} bytes: at most ${longest} fit`);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Null where the bytes are not whole entries, or more than a tile holds. */
export function entriesIn(bundle: Buffer): readonly Buffer[] | null {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    if (at + lengthBytes > bundle.length || entries.length === tileWidth) return null;
    const end = at + lengthBytes + bundle.readUInt16BE(at);
    if (end > bundle.length) return null;
    entries.push(bundle.subarray(at + lengthBytes, end));
    at = end;
  }
  return entries;
}
