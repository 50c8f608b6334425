/** Writes a PNG with at most 256 colours: a third of the bytes, and cards have hardly more. */
import { crc32, deflateSync } from 'node:zlib';
import { readPng } from './png.ts';

type Rgb = readonly [number, number, number];

const rgbOf = (colour: number): Rgb => [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const size = 256;
/** So many are the colours that most pixels have; the others are what is farthest from all before, so that no tick turns grey. */
const most = 160;

const farApart = (one: number, other: number): number => {
  const [a, b] = [rgbOf(one), rgbOf(other)];
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
};

function chosenOf(byCount: readonly number[]): readonly number[] {
  const palette = byCount.slice(0, most);
  const rest = byCount
    .slice(most)
    .map((colour) => ({ colour, far: Math.min(...palette.map((other) => farApart(colour, other))) }));
  while (palette.length < size) {
    const next = rest.reduce((one, other) => (other.far > one.far ? other : one), { colour: 0, far: 0 });
    if (next.far === 0) break;
    palette.push(next.colour);
    for (const one of rest) one.far = Math.min(one.far, farApart(one.colour, next.colour));
  }
  return palette;
}

/** Every other colour goes to the nearest of those that are chosen. */
function paletteOf(colours: Uint32Array): {
  readonly palette: readonly number[];
  readonly indexOf: Map<number, number>;
} {
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts].sort(([, one], [, other]) => other - one).map(([colour]) => colour);
  const palette = chosenOf(byCount);
  const indexOf = new Map(palette.map((colour, index) => [colour, index]));
  for (const colour of byCount) {
    if (indexOf.has(colour)) continue;
    const nearest = palette.reduce(
      (one, other, index) => (farApart(colour, other) < farApart(colour, palette[one] ?? 0) ? index : one),
      0,
    );
    indexOf.set(colour, nearest);
  }
  return { palette, indexOf };
}

/** The same picture without what is seen through it. */
export function withPalette(png: Uint8Array): Buffer {
  const { width, height, pixel } = readPng(png);
  const colours = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [red, green, blue] = pixel(x, y);
      colours[y * width + x] = (red << 16) | (green << 8) | blue;
    }
  const { palette, indexOf } = paletteOf(colours);
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) lines[y * (width + 1) + 1 + x] = indexOf.get(colours[y * width + x] ?? 0) ?? 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, each an index into the palette.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(rgbOf))),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
