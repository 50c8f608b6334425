/** Reads a PNG's pixels from its bytes: 8 bits a channel, RGB or RGBA, not interlaced. */
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha, each 0 to 255. */
  readonly pixel: (x: number, y: number) => readonly [number, number, number, number];
}

/** The predictor that PNG calls Paeth: whichever of left, up and corner is nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const toLeft = Math.abs(guess - left);
  const toUp = Math.abs(guess - up);
  const toCorner = Math.abs(guess - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

const predict = (filter: number, left: number, up: number, corner: number): number =>
  [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? Number.NaN;

/** Every chunk's bytes by its type; several of one type are joined. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    chunks.set(type, Buffer.concat([chunks.get(type) ?? Buffer.alloc(0), data]));
  }
  return chunks;
}

export function readPng(bytes: Uint8Array): Picture {
  const png = Buffer.from(bytes);
  if (png.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('not a PNG');
  const chunks = chunksOf(png);
  const header = chunks.get('IHDR') ?? Buffer.alloc(13);
  const [width, height, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header.readUInt8(9)];
  if (header.readUInt8(8) !== 8 || (kind !== 2 && kind !== 6) || header.readUInt8(12) !== 0)
    throw new Error('not 8 bits a channel, RGB or RGBA, not interlaced');
  const size = kind === 6 ? 4 : 3;
  const line = width * size;
  const packed = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const raw = Buffer.alloc(line * height);
  const before = (x: number, y: number): number => (x < 0 || y < 0 ? 0 : (raw[y * line + x] ?? 0));
  for (let y = 0; y < height; y += 1) {
    const start = y * (line + 1);
    for (let x = 0; x < line; x += 1) {
      const guess = predict(packed.readUInt8(start), before(x - size, y), before(x, y - 1), before(x - size, y - 1));
      raw[y * line + x] = packed.readUInt8(start + 1 + x) + guess;
    }
  }
  const channel = (x: number, y: number, n: number): number => raw.readUInt8(y * line + x * size + n);
  return {
    width,
    height,
    pixel: (x, y) => [channel(x, y, 0), channel(x, y, 1), channel(x, y, 2), size === 4 ? channel(x, y, 3) : 255],
  };
}
