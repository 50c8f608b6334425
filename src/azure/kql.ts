/** String literals of Kusto queries. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches exactly these
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const maxNameLength = 256;

/** Returns whether a text can be part of a query. Resource names have no control characters, so nothing is lost. */
export const isSearchable = (text: string, maxLength = maxNameLength): boolean =>
  !unprintable.test(text) && text.length <= maxLength;

/**
 * Returns a string literal for exactly this text. In single quotes, only the backslash and the single quote need escaping
 * (Kusto's reference, "The string data type"). Throws on texts that {@link isSearchable} refuses.
 */
export function kqlString(text: string, maxLength = maxNameLength): string {
  if (!isSearchable(text, maxLength)) throw new RangeError('the text has control characters or is too long');
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
