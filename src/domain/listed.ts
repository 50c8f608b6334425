const list = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** `a`, `a and b`, `a, b and c` */
export const listed = (parts: readonly string[]): string => list.format(parts);

/** The same in pieces: the parts, as `mark` has them, and what joins them. */
export const listedPieces = <T>(parts: readonly string[], mark: (part: string) => T): readonly (T | string)[] =>
  list.formatToParts(parts).map(({ type, value }) => (type === 'element' ? mark(value) : value));
