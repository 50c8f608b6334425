/** The little of the Kusto query language that takes values from outside. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const longestName = 256;

/** Whether a text can stand in a query at all. Names of resources have no control characters, so nothing is lost. */
export const isSearchable = (text: string, longest = longestName): boolean =>
  !unprintable.test(text) && text.length <= longest;

/**
 * A string literal that means exactly this text. In single quotes only the backslash and the single quote mean more than
 * themselves (Kusto's reference, "The string data type"). Throws on what {@link isSearchable} refuses.
 */
export function kqlString(text: string, longest = longestName): string {
  if (!isSearchable(text, longest)) throw new RangeError('the text has control characters or is too long');
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
