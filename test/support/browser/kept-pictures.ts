/**
 * Pictures of the documentation, and what they show. `UPDATE_PICTURES=1` takes them again; otherwise a test compares what
 * would be shown now, because browsers of different machines draw the same card with different pixels.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { withPalette } from './png-palette.ts';

const isUpdate = process.env.UPDATE_PICTURES === '1';
const inRoot = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const digests = inRoot('test/golden/pictures.json');
const kept = (): Record<string, string> => JSON.parse(readFileSync(digests, 'utf8'));

export async function keepPicture(name: string, take: () => Promise<Buffer>): Promise<void> {
  if (isUpdate) writeFileSync(inRoot(`docs/pictures/${name}.png`), withPalette(await take()));
}

/** Fails if the picture was taken of something else. `shown`: a card, or words that are the same in each run. */
export function expectCurrentPicture(name: string, shown: unknown): void {
  const digest = createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 16);
  if (isUpdate) {
    const all = Object.entries({ ...kept(), [name]: digest }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(digests, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
  }
  const command = 'UPDATE_PICTURES=1 npm test -- test/browser';
  expect({ [name]: kept()[name], 'if it differs': command }).toEqual({ [name]: digest, 'if it differs': command });
}
