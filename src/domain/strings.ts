/**
 * String functions: lists, and invisible characters, which make two names look the same or an empty reason look filled in.
 * Also decides where tokens can be sent: `isPrivate`, `isLoopback`.
 */

const list = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** `a`, `a and b`, `a, b and c` */
export const joinList = (parts: readonly string[]): string => list.format(parts);

/** Returns the joined list in pieces: each part mapped by `mark`, and the separators between them. */
export const joinListPieces = <T>(parts: readonly string[], mark: (part: string) => T): readonly (T | string)[] =>
  list.formatToParts(parts).map(({ type, value }) => (type === 'element' ? mark(value) : value));

/**
 * Characters that are drawn blank. These are Unicode's `Default_Ignorable_Code_Point` (UAX #44), such as the Hangul fillers,
 * except format characters, marks and variation selectors, which belong to the character before. And characters that no
 * property identifies: BRAILLE PATTERN BLANK, EGYPTIAN HIEROGLYPH FULL and HALF BLANK, KHITAN SMALL SCRIPT FILLER, MUSICAL
 * SYMBOL NULL NOTEHEAD (the Unicode Character Database's NamesList.txt calls no others blank, filler or null).
 */
const blankLetter =
  /[\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]|(?![\p{Cf}\p{M}\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}/gu;

const replacement = (): string => '\uFFFD';

/** Replaces invisible characters, by default with U+FFFD. */
export const revealInvisible = (text: string, shown: (letter: string) => string = replacement): string =>
  text.replaceAll(blankLetter, shown);

/** Returns whether the text has no visible character. Marks and joiners alone aren't visible. */
export const isBlank = (text: string): boolean => !/[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replaceAll(blankLetter, ''));

export const upperFirst = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
export const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (mark) => marks[mark] ?? '');

/** Wraps text at spaces. A longer word stays whole. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Decodes a percent-encoded ID in an address or link. Text with an invalid escape stays as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `hostname`: from a URL or `Host` header, without port. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);

export const isLoopbackAddress = (address: string): boolean => address === '::1' || isLoopback(address);

/** Returns whether the connection is confidential: HTTPS, or HTTP to this machine. */
export function isPrivate(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
