/** `SHA256SUMS`: every other file of a pack. It finds damage on the way, and no forgery: whoever forges makes it anew. */
import { digestOf, type PackFiles, packFile } from './files.ts';

const linesOf = (files: PackFiles): readonly string[] =>
  [...files]
    .filter(([name]) => name !== packFile.sums)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `${digestOf(bytes)}  ${name}`);

/** In the form that `sha256sum -c` reads. */
export const sumsOf = (files: PackFiles): Buffer => Buffer.from(`${linesOf(files).join('\n')}\n`);

/** What is damaged, missing or too much, each in words. */
export function damagedIn(files: PackFiles): readonly string[] {
  const listed = new Set((files.get(packFile.sums)?.toString('utf8') ?? '').split('\n').slice(0, -1));
  const found = new Set(linesOf(files));
  const names = new Set([...found].filter((line) => !listed.has(line)).map(nameIn));
  for (const line of listed) if (!found.has(line)) names.add(nameIn(line));
  if (names.size > 0) return [...names].map((name) => `${name}: not the file that ${packFile.sums} names`);
  return sumsOf(files).equals(files.get(packFile.sums) ?? Buffer.alloc(0))
    ? []
    : [`${packFile.sums}: not as it was written`];
}

const nameIn = (line: string): string => line.slice(line.indexOf('  ') + 2);
