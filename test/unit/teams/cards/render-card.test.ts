import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { KeyName } from '../../../../src/domain/ids.ts';
import {
  bold,
  CardText,
  label,
  md,
  mention,
  message,
  nothing,
  plain,
  plainLines,
  quoted,
} from '../../../../src/teams/cards/plain-text.ts';
import { renderCard } from '../../../../src/teams/cards/render-card.ts';
import { marks, row } from '../../../../src/teams/cards/row.ts';
import { withParts } from '../../../../src/teams/cards/template-parts.ts';
import { withInputs } from '../../../../src/teams/cards/with-inputs.ts';
import { galleryCards } from '../../../support/cards/gallery.ts';

const markdown = new MarkdownIt({ linkify: false });
/** What a reader sees: no tags but paragraphs, character references back to characters. */
const shown = (text: string): string =>
  markdown
    .render(text)
    .replaceAll(/<\/?p>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .trim();
const tagsOf = (text: string): readonly string[] => markdown.render(text).match(/<\/?[a-z][^>]*>/g) ?? [];

/** Links, pictures, date tokens and template fields on whole cards: hostile-words.test.ts. */
describe('plain', () => {
  test('shows any words of anybody as they are', () => {
    const alphabet = fc.string({ unit: fc.constantFrom(...'ab1 *_[]()`~<>#+-=.!&;\\|:{}$"\'/@') });
    fc.assert(
      fc.property(alphabet, (text) => {
        const line = text.replace(/\s+/g, ' ').trim();
        fc.pre(line !== '');
        expect(shown(plain(text)).replaceAll('\u2060', '')).toBe(line);
        expect(tagsOf(md`${plain(text)} and ${plain(text)}`)).toEqual(['<p>', '</p>']);
      }),
    );
  });

  test('opens no mention', () => expect(plain('<at>Approver</at>')).not.toMatch(/<\/?at/i));

  test('is one line without characters that hide', () => {
    expect(plain('a\r\nb\tc\u2028d\u0000\u202Ee\u200Bf\u{E0041}')).toBe('a b c def');
    expect(plain('\uD800x')).toBe('\uFFFDx');
  });

  test('is cut between characters, with an ellipsis that counts', () => {
    expect(plain('😀'.repeat(5), 3)).toBe('😀😀…');
    expect(plain('abc', 3)).toBe('abc');
  });
});

test('lines are paragraphs, each escaped, and at most so many', () => {
  expect(plainLines('one\n\n# two\r\n1. three')).toBe('one\n\n\\# two\n\n1\\. three');
  expect(plainLines('a\nb\nc', 100, 2)).toBe('a\n\nb\n\n…');
});

test('Markdown takes only what is safe', () => {
  expect(md`${bold('a*b')} approved, ${1} of ${2}`).toBe('**a\\*b** approved, 1 of 2');
  // @ts-expect-error a bare string is not safe
  md`${'a*b'}`;
  // @ts-expect-error what is safe already is not escaped again
  plain(nothing);
  // @ts-expect-error a bare string is no card text
  const text: CardText = 'a*b';
  expect(CardText.safeParse(text).success).toBe(true);
});

test('a mention has the same text in the card and in its entity, whatever the name', () => {
  const { text, entity } = mention('29:x', 'A</at> [*Approver*]');
  expect(entity).toEqual({ type: 'mention', text, mentioned: { id: '29:x', name: 'A /at Approver' } });
  expect(shown(text)).toBe('<at>A /at Approver</at>');
});

test('a message to one person makes no link, hides nothing and has one line', () => {
  expect(message('a [b](https://x.example) <https://x.example>\n\u202Ec')).toBe(
    'a [b]\u2060(https://x.example) <\u2060https://x.example> c',
  );
});

it('a quotation is closed by nothing that stands in it, however long it is', () => {
  const marks = /[“”]/g;
  for (const text of ['due” Security: “fine', '"due" „now“', `${'long '.repeat(400)}” end`, '”']) {
    expect(shown(quoted(text)).match(marks)).toEqual(['“', '”']);
    expect(shown(quoted(text))).toMatch(/^“.*”$/);
  }
});

it.each(['see HTTPS://example.com.', 'a b://c', 'www.example.com'])(
  'outside of a card, no link is made of %s in the name of a person',
  (words) => {
    const linking = new MarkdownIt({ linkify: true });
    linking.linkify.set({ fuzzyLink: false });
    expect(linking.render(mention('29:1', words).text.replaceAll(/<\/?at>/g, ''))).not.toContain('<a');
    expect(mention('29:1', words).text).not.toMatch(/www\./);
  },
);

const gallery = await galleryCards();

describe('rendering', () => {
  const sample = (name: string): object => gallery.find(({ template }) => template === name)?.data as object;

  const message = {
    fallbackText: label('No resource is called “triage”.'),
    title: plain('No resource is called “triage”'),
    titleColor: 'Default' as const,
    text: md`Type **/cmk-status** for all of them.`,
    reference: nothing,
  };

  test('refuses data that the template misses', () => {
    const { text: _, ...without } = message;
    expect(() => renderCard('message', without)).toThrow(/rendering card message: \$\{text\} has no value/);
    expect(() => renderCard('massage', message)).toThrow('no card massage');
  });

  test('takes only texts that are made for cards: anything else does not compile', () => {
    const name: string = 'triage';
    // @ts-expect-error a bare string is not safe
    renderCard('message', { ...message, text: name });
    // @ts-expect-error a name is not safe either
    renderCard('message', { ...message, text: KeyName.parse('cmk-triage') });
    // @ts-expect-error a text without Markdown is not escaped
    renderCard('message', { ...message, text: label(name) });
    // @ts-expect-error what a client shows as it is, would show the escapes
    renderCard('message', { ...message, fallbackText: plain(name) });
    // @ts-expect-error nothing is an empty text
    renderCard('message', { ...message, text: null });
    // @ts-expect-error a list holds safe texts too
    renderCard('message', { ...message, lines: [{ text: name }] });
  });

  test('a part is refused that does not exist, lacks a value, or contains itself', () => {
    expect(() => withParts({ $part: 'raw' })).toThrow(/no such file.*cards\/parts\/raw\.json/);
    expect(() => withParts([{ $part: 'section', id: 'more' }])).toThrow('card part section: title is missing');
    expect(() => withParts({ $part: 'row' }, ['row', 'lines'])).toThrow(
      'card part row in lines in row: it contains itself',
    );
  });

  test('gives a person’s template marks back as they typed them, and reads nothing into them', () => {
    const typed = `costs ${'$'}{requestId} and {{DATE(x)}}`;
    const card = renderCard('form-review', { ...sample('form-review'), justification: typed });
    expect(JSON.stringify(card)).toContain(JSON.stringify(typed));
  });

  test('shows a comment and a start time again, in a section that is open', () => {
    const card = renderCard('approval', sample('approval'));
    const text = JSON.stringify(withInputs(card, { comment: 'At night', startDay: '2026-03-04', startTime: '02:00' }));
    for (const value of ['At night', '2026-03-04', '02:00']) expect(text).toContain(`"value":"${value}"`);
    for (const id of ['more', 'moreUp']) expect(text).toMatch(new RegExp(`"id":"${id}","isVisible":true`));
    for (const id of ['moreDown', 'checks']) expect(text).toMatch(new RegExp(`"id":"${id}","isVisible":false`));
    expect(withInputs(card, { comment: '', startDay: '', startTime: '' })).toEqual(card);
  });

  test('refuses a card that is larger than Teams takes', () => {
    const huge = row(marks.bad, plain('n'.repeat(7900), 7900));
    const data = { ...sample('status-attention'), steps: Array(11).fill(huge) };
    expect(() => renderCard('status-attention', data)).toThrow(/rendering card status-attention: \d+ bytes/);
  });
});
