/** Writes a PNG with at most 256 colours: a third of the bytes, and cards have hardly more. */
import { createRequire } from 'node:module';

interface Png {
  readonly width: number;
  readonly height: number;
}
const require = createRequire(import.meta.url);
// It has no types.
const upng: {
  decode(png: ArrayBuffer): Png;
  toRGBA8(png: Png): readonly ArrayBuffer[];
  encode(frames: readonly ArrayBuffer[], width: number, height: number, colours: number): ArrayBuffer;
} = require('upng-js');

export function withPalette(bytes: Uint8Array): Buffer {
  const png = upng.decode(new Uint8Array(bytes).buffer);
  return Buffer.from(upng.encode(upng.toRGBA8(png), png.width, png.height, 256));
}
