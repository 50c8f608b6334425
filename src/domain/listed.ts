const list = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** Joins parts with commas and `and`: `a`, `a and b`, `a, b and c`. */
export const listed = (parts: readonly string[]): string => list.format(parts);

/** Returns the joined list in pieces: each part mapped by `mark`, and the separators between them. */
export const listedPieces = <T>(parts: readonly string[], mark: (part: string) => T): readonly (T | string)[] =>
  list.formatToParts(parts).map(({ type, value }) => (type === 'element' ? mark(value) : value));
