import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import {
  bold,
  CardText,
  joinText,
  label,
  md,
  mention,
  message,
  nothing,
  plain,
  plainLines,
  quoted,
} from '../../../../src/teams/cards/plain-text.ts';

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

const tricky = [
  '[Approve](http://example.com)',
  '![x](http://example.com/x.png)',
  '<http://example.com>',
  '**bold** _it_ `code` ~~no~~',
  '# heading',
  '- item',
  '+ item',
  '1. item',
  '2) item',
  '> quote',
  '---',
  '===',
  '&lt;b&gt; &#42; R&D',
  'C:\\keys\\*',
  '<b>x</b>',
  '| a | b |',
  '[a]: http://example.com',
];

describe('plain', () => {
  test.each(tricky)('shows %s letter by letter', (text) => {
    expect(shown(plain(text))).toBe(text);
    expect(tagsOf(plain(text))).toEqual(['<p>', '</p>']);
  });

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

  test('leaves ordinary names alone', () => {
    for (const name of [
      'triage-agent-prod',
      'kv-care-prod',
      'rg.care (prod)',
      '5d1f0c2e',
      '-5 °C',
      '2.5 GB',
      "O'Neill & Co",
    ])
      expect(plain(name)).toBe(name);
  });

  test('opens neither a date token, a template field nor a mention', () => {
    expect(plain('{{DATE(2026-01-01T00:00:00Z,SHORT)}}')).not.toContain('{{');
    expect(plain(`${'$'}{requestId}`)).not.toContain(`${'$'}{`);
    expect(plain('<at>Approver</at>')).not.toMatch(/<\/?at/i);
  });

  test('is one line without characters that hide', () => {
    expect(plain('a\r\nb\tc\u2028d\u0000\u202Ee\u200Bf\u{E0041}')).toBe('a b c def');
    expect(plain('\uD800x')).toBe('\uFFFDx');
  });

  test('is cut between characters, with an ellipsis that counts', () => {
    expect(plain('😀'.repeat(5), 3)).toBe('😀😀…');
    expect(plain('abc', 3)).toBe('abc');
  });
});

describe('plainLines', () => {
  test('makes a paragraph of each line and escapes each', () => {
    expect(plainLines('one\n\n# two\r\n1. three')).toBe('one\n\n\\# two\n\n1\\. three');
  });
  test('keeps at most so many lines', () => expect(plainLines('a\nb\nc', 100, 2)).toBe('a\n\nb\n\n…'));
});

describe('md', () => {
  test('takes only what is safe', () => {
    expect(md`${bold('a*b')} approved, ${1} of ${2}`).toBe('**a\\*b** approved, 1 of 2');
    // @ts-expect-error a bare string is not safe
    md`${'a*b'}`;
    // @ts-expect-error what is safe already is not escaped again
    plain(nothing);
    // @ts-expect-error a bare string is no card text
    const text: CardText = 'a*b';
    expect(CardText.safeParse(text).success).toBe(true);
  });
  test('joins what is there', () => {
    expect(joinText([plain('a'), nothing, plain('b')])).toBe('a, b');
    expect(bold('')).toBe('');
  });
});

test('a label is not Markdown, one line', () => expect(label('care_shared *\n2048')).toBe('care_shared * 2048'));

test('a mention has the same text in the card and in its entity, whatever the name', () => {
  const { text, entity } = mention('29:x', 'A</at> [*Approver*]');
  expect(entity).toEqual({ type: 'mention', text, mentioned: { id: '29:x', name: 'A /at Approver' } });
  expect(shown(text)).toBe('<at>A /at Approver</at>');
});

test('a mention of somebody whose name is all marks still names somebody', () => {
  expect(mention('29:x', '***').text).toBe('<at>Someone</at>');
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

describe('words outside a card', () => {
  const linking = new MarkdownIt({ linkify: true });
  linking.linkify.set({ fuzzyLink: false });
  const addresses = [
    'http://example.com/x',
    'see HTTPS://example.com.',
    '(ftp://example.com)',
    'a b://c',
    'www.example.com',
  ];

  it.each(addresses)('make no link of %s in the name of who is called', (words) => {
    expect(linking.render(mention('29:1', words).text.replaceAll(/<\/?at>/g, ''))).not.toContain('<a');
    expect(mention('29:1', words).text).not.toMatch(/www\./);
  });
});
