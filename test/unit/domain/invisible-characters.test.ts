import { safeJson } from '../../../src/audit/export-jsonl.ts';
import { isBlank } from '../../../src/domain/strings.ts';
import { csvRow } from '../../../src/operator/cli/audit-export.ts';
import { printable } from '../../../src/operator/cli/words/table.ts';
import { label, mention, message, plain, plainLines } from '../../../src/teams/cards/plain-text.ts';
import { changeOf } from '../../support/builders/fixtures.ts';

/** Every character that is shown as nothing, asked of the Unicode data that Node brings. */
const ignorable = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((letter) => /\p{Default_Ignorable_Code_Point}/u.test(letter));
const blanks = ['\u2800', '\u{13441}', '\u{13442}', '\u{16FE4}', '\u{1D159}'];
/** They belong to the letter before. */
const joined = /[\p{Cf}\p{M}]/u;
const letters = [...ignorable.filter((letter) => !joined.test(letter)), ...blanks];

it('knows the letters that the attack used', () => {
  expect(letters).toEqual(expect.arrayContaining(['\u2800', '\u3164', '\u115F', '\u1160', '\uFFA0']));
  expect(letters.length).toBeGreaterThan(1_000);
});

it.each<[string, (text: string) => string]>([
  ['a card', plain],
  ['lines of a card', plainLines],
  ['a title', label],
  ['a message to one person', message],
  ['a mention', (text) => mention('29:x', text).text],
  ['the terminal', printable],
  ['the export for spreadsheets', (text) => csvRow(changeOf(text))],
  ['the export', safeJson],
])('no letter hides on %s', (_where, show) => {
  const honest = show('Requester');
  const hidden = letters.filter((letter) => {
    const shown = show(`Reques${letter}ter`);
    return shown === honest || shown.includes(letter);
  });
  expect(hidden.map((letter) => letter.codePointAt(0)?.toString(16))).toEqual([]);
});

it('a text of nothing but such letters, marks and joiners is empty', () => {
  const all = [...ignorable, ...blanks, '\u200B', '\u00A0', '\u3000', '\u2060', '\uFE0F', '\u0301', '\u00AD', '\uE000'];
  expect(all.filter((letter) => !isBlank(` ${letter}${letter}\n`))).toEqual([]);
  expect(isBlank(all.join(''))).toBe(true);
});

it('whatever somebody can read is not', () => {
  for (const text of ['.', 'ok', '病院', 'हाँ', '👍', '👩‍⚕️', '✔️', 'مهم', 'ก็', '한글', '\uFFFD', '-'])
    expect([text, isBlank(text)]).toEqual([text, false]);
});

it('names and emoji are shown as they are written', () => {
  for (const text of ['👩‍⚕️ Zoë', '✔️', '葛\u{E0100}城', 'می‌خواهم', 'ᠮᠣᠩ\u180Bᠭᠣᠯ']) {
    expect(plain(text)).toBe(text);
  }
});

it('a selector behind a letter that has one form only is no second name', () => {
  expect(plain('Reques\uFE00ter')).toBe('Requester');
  expect(plain('Reques\u034Fter')).toBe('Requester');
});
