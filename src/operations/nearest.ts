/** What somebody may have meant who wrote a name that there is not. */
import { closestMatch } from 'leven';

/** No name that is asked for is longer (Azure's own limits are 64 and 127), and comparing takes the product of both lengths. */
const longest = 130;

/** The candidate that differs least, where that is at most one letter in three; null where none is near. */
export function nearest(wrote: string, candidates: readonly string[]): string | null {
  const wanted = wrote.toLowerCase();
  if (wanted === '' || wanted.length > longest) return null;
  const byLower = new Map(candidates.map((one) => [one.toLowerCase(), one]));
  const found = closestMatch(wanted, [...byLower.keys()], { maxDistance: Math.floor(wanted.length / 3) });
  return found === undefined ? null : (byLower.get(found) ?? null);
}
