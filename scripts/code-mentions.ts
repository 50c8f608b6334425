/**
 * Counts in how many files of `src` the quoted name of an entry of a closed list stands, on average. A name in many files
 * means that an entry is worded or judged in many places: above the limit, it fails. Part of `npm run size`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkCodes } from '../src/domain/check.ts';
import { eventTypes } from '../src/domain/request/payloads.ts';
import { RefusalCode } from '../src/domain/request/refusal.ts';
import { diagnosisCodes } from '../src/operator/doctor/diagnosis.ts';
import { root } from './bundle.ts';

const folder = path.join(root, 'src');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(folder, file), 'utf8'));

const lists: readonly (readonly [list: string, names: readonly string[], limit: number])[] = [
  ['event types', Object.keys(eventTypes), 9],
  ['checks', checkCodes, 3],
  ['refusals', RefusalCode.options, 3],
  ['findings', diagnosisCodes, 3],
];

for (const [list, names, limit] of lists) {
  const counts = names.map((name) => files.filter((text) => new RegExp(`['"\`]${name}['"\`]`).test(text)).length);
  const average = counts.reduce((sum, count) => sum + count, 0) / names.length;
  const most = names.map((name, n) => ({ name, count: counts[n] ?? 0 })).sort((a, b) => b.count - a.count);
  const shown = most.slice(0, 3).map(({ name, count }) => `${name} ${count}`);
  process.stdout.write(
    `${list}: ${names.length} names in ${average.toFixed(2)} files on average (≤ ${limit}); most: ${shown.join(', ')}\n`,
  );
  if (average > limit) process.exitCode = 1;
}
