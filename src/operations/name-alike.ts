/** Compares names: detects similar ones by edit distance and look-alike characters, and suggests corrections. */
import leven from 'leven';

/** Characters and pairs that look alike, with a common replacement. */
const lookAlike: readonly (readonly [RegExp, string])[] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/[1i|]/g, 'l'],
  [/0/g, 'o'],
  [/5/g, 's'],
  [/2/g, 'z'],
  [/8/g, 'b'],
  [/[-_.]/g, ''],
];

const skeletonOf = (name: string): string =>
  lookAlike.reduce((text, [pattern, by]) => text.replace(pattern, by), name.toLowerCase());

/** Shorter names often differ in one letter by chance. */
const shortest = 6;

const digitsOut = (name: string): string => name.toLowerCase().replace(/\d+/g, '#');

/**
 * Returns whether two names are easily confused. `kv-1` and `kv-2` are numbered on purpose; `kv-hospita1` and `kv-hospital`
 * aren't.
 */
export function isNameAlike(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a === b || Math.min(a.length, b.length) < shortest) return false;
  if (skeletonOf(a) === skeletonOf(b)) return true;
  if (digitsOut(a) === digitsOut(b)) return false;
  return leven(a, b, { maxDistance: 2 }) <= 1;
}
