/** Words of somebody, quoted. */

/** Single quotation marks nest; two beside each other look like a double one. Primes and the like are drawn as they are. */
const single = "[‘’‚‛‹›'＇`´′‵ʹʻʼˈˊ]";
/** Double ones of any script (Unicode's `Quotation_Mark`), and what only looks like one (UTS #39, confusables.txt). */
const double = `(?!${single})[\\p{Quotation_Mark}″‶‴‷⁗❝❞❠〃ˮʺ˝˶״᳓🙶🙷🙸]`;

const doubled = new RegExp(`(?:${single})*(?:${double})(?:${single}|${double})*|${single}{2,}`, 'gu');

/** So that nothing in it ends the quotation around it: each run of such marks becomes a single one. */
export const unquoted = (text: string): string => text.replaceAll(doubled, '’');

export const quote = (text: string): string => `“${unquoted(text)}”`;
