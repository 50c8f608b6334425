/** Lines of text in columns. */
import stringWidth from 'string-width';
import { showBlanks } from '../../../domain/unseen.ts';

/** Wider than any terminal. */
const longest = 1_000;

/**
 * How many columns of a terminal it takes as it is shown: a name in Chinese twice as many as it has characters. Of what no
 * terminal shows in one line the characters are counted: finding what is seen as one takes four times as long for twice the
 * text.
 */
export function width(text: string): number {
  const shown = printable(text);
  return shown.length > longest ? shown.length : stringWidth(shown);
}

/** A name with a line break in it would make a row of its own. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ');

/** Rows with their columns aligned, two spaces apart; no spaces at the end of a line. */
export function textTable(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(text));
  }
  return rows
    .map((row) =>
      row
        .map((text, column) => text + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(text))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Every line moved to the right. */
export const indent = (text: string, by = 2): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/**
 * What people and Azure wrote must not steer the operator's terminal: control and formatting characters are shown as a
 * replacement character, and so are letters that nobody sees. Line breaks stay.
 */
export const printable = (text: string): string =>
  showBlanks(text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD'));
