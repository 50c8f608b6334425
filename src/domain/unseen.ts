/** Letters that nobody sees: they make two names look like one, and an empty reason look written. */

/**
 * Unicode's own list of what is shown as nothing (`Default_Ignorable_Code_Point`, UAX #44), such as the Hangul fillers, but for
 * format characters, marks and variation selectors, which belong to the letter before; and letters and signs that are drawn
 * blank and that no property tells apart: BRAILLE PATTERN BLANK, EGYPTIAN HIEROGLYPH FULL and HALF BLANK, KHITAN SMALL SCRIPT
 * FILLER, MUSICAL SYMBOL NULL NOTEHEAD (the Unicode Character Database's NamesList.txt calls no others blank, filler or null).
 */
const blankLetter =
  /[\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}]|(?![\p{Cf}\p{M}\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}/gu;

const replacement = (): string => '\uFFFD';

/** The text with a replacement character, or what else is wanted, where a letter would be seen by nobody. */
export const showBlanks = (text: string, shown: (letter: string) => string = replacement): string =>
  text.replaceAll(blankLetter, shown);

/** Whether nothing of the text would be seen: marks and joiners alone have nothing to stand on. */
export const isBlank = (text: string): boolean => !/[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replaceAll(blankLetter, ''));
