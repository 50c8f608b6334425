/** Transcripts that are kept: what people see is compared with what they saw, and a difference is a decision. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { Transcript } from './transcript.ts';

export const goldenFolder = fileURLToPath(new URL('../../golden/transcripts/', import.meta.url));

/** Of suites of their own, beside `test/scenario/transcripts.test.ts`. */
export const keptElsewhere = ['not-seen-in-use.md', 'seen-in-use.md', 'repair-deleted-key.md', 'retire-version.md'];

const rewrite = 'UPDATE_GOLDEN=1 npm test -- test/scenario/transcripts';

/** Compares, or with `UPDATE_GOLDEN=1` rewrites, which git then shows. */
export function expectGolden(name: string, transcript: Transcript): void {
  const file = `${goldenFolder}${name}.md`;
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(goldenFolder, { recursive: true });
    writeFileSync(file, transcript.text());
    return;
  }
  if (!existsSync(file)) throw new Error(`there is no ${name}.md yet; write it with ${rewrite}`);
  const golden = readFileSync(file, 'utf8');
  if (golden !== transcript.text()) console.log(`${name}.md differs. If the change is wanted: ${rewrite}`);
  expect(transcript.text()).toBe(golden);
}
