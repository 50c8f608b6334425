import { closestMatch } from 'leven';

/** Longest name that is compared. Azure's own limits are 64 and 127, and the cost is the product of both lengths. */
const longest = 130;

/** Returns the most similar candidate that differs in at most one letter in three; null: none. */
export function nearest(wrote: string, candidates: readonly string[]): string | null {
  const wanted = wrote.toLowerCase();
  if (wanted === '' || wanted.length > longest) return null;
  const byLower = new Map(candidates.map((one) => [one.toLowerCase(), one]));
  const found = closestMatch(wanted, [...byLower.keys()], { maxDistance: Math.floor(wanted.length / 3) });
  return found === undefined ? null : (byLower.get(found) ?? null);
}
