import stringWidth from 'string-width';
import { revealInvisible } from '../../../domain/strings.ts';

/** Wider than any terminal. */
const maxWidth = 1_000;

/**
 * Returns the display width in terminal columns: Chinese characters take two. Long text is counted by characters, because
 * finding grapheme clusters takes four times as long for twice the text.
 */
export function width(text: string): number {
  const shown = printable(text);
  return shown.length > maxWidth ? shown.length : stringWidth(shown);
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ');

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

export const indent = (text: string, by = 2): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/** Makes text safe for a terminal: replaces control, formatting and invisible characters. Line breaks stay. */
export const printable = (text: string): string =>
  revealInvisible(text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD'));
