/** Files of a tree (C2SP tlog-tiles): paths and widths of tiles, and the form of a tile of entries. */

export const tileWidth = 256;

/** `entries`: the events. A number: a level of hashes; each level covers 256 times as many leaves as the one below. */
type TileKind = 'entries' | number;

export interface TileAt {
  readonly kind: TileKind;
  /** Number of the tile in its kind, from 0. */
  readonly index: number;
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

/** Returns the tile with hash or entry `n` in a tree of `size` leaves. Entries count as the level of leaves. */
export function tileOf(kind: TileKind, n: number, size: number): TileAt {
  const index = Math.floor(n / tileWidth);
  const items = Math.floor(size / tileWidth ** (kind === 'entries' ? 0 : kind));
  return { kind, index, width: Math.min(tileWidth, items - index * tileWidth) };
}

/** Entries in a tile: each after its length in two bytes, big-endian. */
const lengthBytes = 2;
const maxEntryBytes = 0xff_ff;

/** Throws if an entry exceeds the format's limit. Event bodies are far below it, because their texts are stored separately. */
export function bundleOf(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > maxEntryBytes)
        throw new Error(`an entry of ${entry.length} bytes: at most ${maxEntryBytes} fit`);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Parses entries; null: incomplete, or more than a tile can have. */
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
