/** CSV export for spreadsheets: one line for each change in Azure. It can't be verified; the JSONL export can. */

import { revealInvisible } from '../../domain/strings.ts';

const columns = [
  'time',
  'request',
  'resource',
  'requestedBy',
  'approvedBy',
  'change',
  'result',
  'changeNumber',
  'reason',
  'event',
] as const;

/** Text for readers. The audit log itself has ids in place of names. */
export type ChangeRow = Readonly<Record<(typeof columns)[number], string>>;

/** Invisible control characters. The verifiable export keeps them; here they would only affect the display. */
const unseen = /(?![\t\n\r])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * Text that a spreadsheet can read as the start of a formula (OWASP, "CSV injection"; the last four are full-width forms). It
 * matters at the start of a cell and after characters that some readers use as separators: `;` and tab in many countries,
 * spaces by setting, and quotes and line breaks without quote handling.
 */
const formulaStart = / (?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]\S)|(?:^|[,;|\t\r\n"])(?= *[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** Returns a cell by RFC 4180, always quoted. People typed some of this: an apostrophe before a formula start makes it text. */
function cell(value: string): string {
  const seen = revealInvisible(value.replaceAll(unseen, '\uFFFD'));
  const text = seen.replaceAll(formulaStart, "$&'").replace(/^(?=[\t\r\n])/, "'");
  return `"${text.replaceAll('"', '""')}"`;
}

export const csvLine = (values: readonly string[]): string => `${values.map(cell).join(',')}\r\n`;

export const csvHeader = (): string => csvLine(columns);

export const csvRow = (change: ChangeRow): string => csvLine(columns.map((column) => change[column]));
