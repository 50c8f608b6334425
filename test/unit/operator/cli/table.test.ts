import { indent, printable, textTable } from '../../../../src/operator/cli/words/table.ts';
import { countOf } from '../../../../src/text/words.ts';

it('aligns columns by what is seen, and leaves no spaces at the end', () => {
  expect(
    textTable([
      ['a', 'bb', ''],
      ['ccc', '→', 'd'],
    ]),
  ).toBe('a    bb\nccc  →   d');
  expect(textTable([])).toBe('');
});

it('gives a name as many columns as a terminal gives it', () => {
  const rows = ['病院', 'Zoe\u0301', 'ｎ', 'ab', '🩺'].map((name) => [name, '|']);
  expect(textTable(rows).split('\n')).toEqual(['病院  |', 'Zoe\u0301   |', 'ｎ    |', 'ab    |', '🩺    |']);
});

it('measures what is shown: what could steer a terminal takes a column as a replacement character', () => {
  const shown = printable(
    textTable([
      ['\u001b[31mx', '|'],
      ['a\u200bb', '|'],
      ['abcdef', '|'],
    ]),
  );
  expect(shown.split('\n').map((line) => line.indexOf('|'))).toEqual([8, 8, 8]);
});

it('moves lines that hold something to the right', () => {
  expect(indent('a\n\nb')).toBe('  a\n\n  b');
});

it('counts in words', () => {
  expect([0, 1, 2].map((count) => countOf(count, 'event', 'events'))).toEqual(['0 events', '1 event', '2 events']);
});

it('takes out what could steer a terminal or hide in a line, and nothing else', () => {
  const steering = ['\u001b[31m', '\u009b2J', '\r', '\t', '\u202e', '\u200b', '\u2028', '\u0000'];
  for (const text of steering) expect(printable(`a${text}b\n`)).toMatch(/^a\uFFFD.*b\n$/);
  expect(printable('Zoë “née” → 病院\n')).toBe('Zoë “née” → 病院\n');
});
