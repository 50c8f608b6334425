/** Quotes text that people wrote. */

/**
 * Single quotation marks can be nested; two adjacent ones look like a double one. Primes and similar marks are drawn as
 * they are.
 */
const single = "[‘’‚‛‹›'＇`´′‵ʹʻʼˈˊ]";
/** Double ones of any script (Unicode's `Quotation_Mark`), and look-alikes (UTS #39, confusables.txt). */
const double = `(?!${single})[\\p{Quotation_Mark}″‶‴‷⁗❝❞❠〃ˮʺ˝˶״᳓🙶🙷🙸]`;

const doubled = new RegExp(`(?:${single})*(?:${double})(?:${single}|${double})*|${single}{2,}`, 'gu');

/** Replaces each run of double marks by a single one, so that a text can't end the quotation around it. */
export const unquoted = (text: string): string => text.replaceAll(doubled, '’');

export const quote = (text: string): string => `“${unquoted(text)}”`;
