/** Entries in a tile: each behind its length, two bytes, the greater first (C2SP tlog-tiles). */
import { tileWidth } from './tile-paths.ts';

const lengthBytes = 2;
const longest = 0xff_ff;

/** An entry that no bundle can hold. An event's body is far from it: its free text is kept elsewhere. */
export class EntryTooLong extends Error {
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
