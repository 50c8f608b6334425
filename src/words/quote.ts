/** Words of somebody, quoted. */

/** Double quotation marks of any script (Unicode's `Quotation_Mark`, and those that only look like one): single ones nest. */
const doubled = /(?![‘’‚‛‹›'‹›])\p{Quotation_Mark}|[″‶❝❞〃ˮ]/gu;

/** So that nothing in it ends the quotation around it. */
export const unquoted = (text: string): string => text.replaceAll(doubled, '’');

export const quote = (text: string): string => `“${unquoted(text)}”`;
