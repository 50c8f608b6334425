import { KeyName } from '../../../../src/domain/ids.ts';
import { label, md, nothing, plain, plainLines } from '../../../../src/teams/cards/plain-text.ts';
import { bytesOf, renderCard, withInputs, withParts } from '../../../../src/teams/cards/render-card.ts';
import { grey, marks, row } from '../../../../src/teams/cards/row.ts';
import { impactCard } from '../../../../src/teams/cards/views/list-view.ts';
import { failure } from '../../../support/builders/commands.ts';
import { vaultId } from '../../../support/builders/fixtures.ts';
import { stateNamed } from '../../../support/cards/card-states.ts';
import { cardsOf } from '../../../support/cards/gallery-requests.ts';
import { reviewCards } from '../../../support/cards/gallery-reviews.ts';

const gallery = [
  ...reviewCards(),
  ...['awaiting-approval', 'needs-attention'].flatMap((state) => cardsOf(state, stateNamed(state))),
];
const sample = (name: string): object => gallery.find(({ template }) => template === name)?.data as object;

const message = {
  fallbackText: label('No agent is called “triage”.'),
  title: plain('No agent is called “triage”'),
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

describe('size', () => {
  const azure = 'ÄÖÜ (*) "[{x}]" \\ '.repeat(400);
  const longest = (words: string): object => {
    const name = plain('n*'.repeat(200), 120);
    const step = row(marks.bad, name, [grey(plain(words, 300)), grey(plain(words, 300)), grey(plain(words, 300))]);
    const data = sample('status-attention');
    return { ...data, words: plainLines(words, 3000), steps: Array(10).fill(step) };
  };

  test('stays within what Teams takes with everything at its longest', () => {
    expect(bytesOf(renderCard('status-attention', longest(azure)))).toBeLessThan(80 * 1024);
  });

  test('of a list is kept by leaving rows out', () => {
    const id = (n: number): string => `60000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const many = Array.from({ length: 40 }, (_, n) => n);
    const [first, last] = ['2026-02-01T09:00:00.000Z', '2026-03-02T12:00:00.000Z'];
    const name = '[a_b]*'.repeat(40);
    const used = { keyName: name, keyVersion: null, type: 'app', name, members: null, refused: false } as const;
    const card = impactCard({
      vault: { id: vaultId, name: 'v' },
      keyName: null,
      users: many.map((n) => ({ id: id(n), name, noun: name, keyName: name, keyVersion: null, identities: [] })),
      holders: many.map((n) => ({ id: id(n), type: 'app', name, members: null })),
      unread: many.map((n) => ({ subscriptionId: id(n), failure: failure({ message: azure }) })),
      hidden: [],
      observed: {
        ...{ outcome: 'read', first, last },
        users: many.map((n) => ({ ...used, principalId: id(n), resourceId: null, first, last })),
      },
    });
    const text = JSON.stringify(card);
    expect(bytesOf(card)).toBeLessThan(80 * 1024);
    for (const title of ['Declared by resources (40)', 'Not read (40)']) expect(text).toContain(title);
    const [, more = ''] = /and (\d+) more/.exec(text) ?? [];
    expect(Number(more)).toBeGreaterThan(25);
  });

  test('is checked before Teams would', () => {
    const data = longest(azure);
    const huge = row(marks.bad, plain('n'.repeat(7000), 7000));
    expect(() => renderCard('status-attention', { ...data, steps: Array(10).fill(huge) })).toThrow(
      /rendering card status-attention: \d+ bytes/,
    );
  });
});
