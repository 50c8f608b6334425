/** Names that are easily confused, and the name that was probably meant. */
import leven, { closestMatch } from 'leven';

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
const minLength = 6;

const digitsOut = (name: string): string => name.toLowerCase().replace(/\d+/g, '#');

/**
 * Returns whether two names are easily confused. `kv-1` and `kv-2` are numbered on purpose; `kv-hospita1` and `kv-hospital`
 * aren't.
 */
export function areNamesSimilar(one: string, other: string): boolean {
  const a = one.toLowerCase();
  const b = other.toLowerCase();
  if (a === b || Math.min(a.length, b.length) < minLength) return false;
  if (skeletonOf(a) === skeletonOf(b)) return true;
  if (digitsOut(a) === digitsOut(b)) return false;
  return leven(a, b, { maxDistance: 2 }) <= 1;
}

/** Longest name that is compared. Azure's own limits are 64 and 127, and the cost is the product of both lengths. */
const maxLength = 130;

/** Returns the most similar candidate that differs in at most one letter in three; null: none. */
export function closestName(text: string, candidates: readonly string[]): string | null {
  const wanted = text.toLowerCase();
  if (wanted === '' || wanted.length > maxLength) return null;
  const byLower = new Map(candidates.map((one) => [one.toLowerCase(), one]));
  const found = closestMatch(wanted, [...byLower.keys()], { maxDistance: Math.floor(wanted.length / 3) });
  return found === undefined ? null : (byLower.get(found) ?? null);
}
