import { readExpression } from '../../../../../src/teams/cards/template/expression.ts';
import { readTemplate } from '../../../../../src/teams/cards/template/template.ts';

const data = { name: 'Ada', none: '', many: 3, yes: true, no: false, rows: [{ name: 'a' }, { name: 'b' }], empty: [] };
const evaluated = (source: string): unknown => readExpression(source)({ data, root: data });
const mark = (source: string): string => `\${${source}}`;

test.each([
  ['name', 'Ada'],
  ['$root.many', 3],
  ["none == ''", true],
  ["name != 'Ada'", false],
  ['many > 2', true],
  ['count(rows) == 2', true],
  ['count(empty) > 0', false],
  ['!yes', false],
  ['no || yes', true],
  ["yes && none != '' || no", false],
  ["no && no || name == 'Ada'", true],
  ["if(count(rows) > 0, 'Large', none)", 'Large'],
  ['if(no, 1, 2)', 2],
])('%s is %p', (source, value) => {
  expect(evaluated(source)).toBe(value);
});

test.each([
  '',
  'name ==',
  'name name',
  'count(rows',
  'count(rows, rows)',
  'toUpper(name)',
  "if(yes, 'a')",
  'name + 1',
  '(yes)',
  '|| yes',
])('what is not understood is refused before anything is drawn: %p', (source) => {
  expect(() => readTemplate({ text: mark(source) })).toThrow();
});

test.each([
  ['missing', 'has no value'],
  ['$root.missing', 'has no value'],
  ["missing != ''", 'has no value'],
  ['name || yes', 'neither true nor false'],
  ['count(name) > 0', 'cannot be counted'],
])('%s in a template is a bug that is not shown to anybody', (source, said) => {
  expect(() => evaluated(source)).toThrow(said);
});

test('a value alone keeps its kind, and is text between words', () => {
  const fill = readTemplate({ alone: mark('many'), between: `${mark('many')} of ${mark('name')}` });
  expect(fill(data)).toEqual({ alone: 3, between: '3 of Ada' });
});

test('what a list is repeated for sees the data of its item, and all of the card’s by its name', () => {
  const fill = readTemplate([{ $data: mark('rows'), own: mark('name'), all: mark('$root.name') }]);
  expect(fill(data)).toEqual([
    { own: 'a', all: 'Ada' },
    { own: 'b', all: 'Ada' },
  ]);
});

test('what is not wanted is left out', () => {
  const fill = readTemplate([
    { $when: mark('no') },
    'stays',
    { $data: mark('rows'), $when: mark("name == 'b'"), own: mark('name') },
  ]);
  expect(fill(data)).toEqual(['stays', { own: 'b' }]);
});

test('makes every card anew, so that nobody changes another’s', () => {
  const fill = readTemplate({ body: [{ type: 'TextBlock' }] });
  expect(fill(data)).toEqual(fill(data));
  expect(fill(data)).not.toBe(fill(data));
  expect((fill(data) as { body: unknown }).body).not.toBe((fill(data) as { body: unknown }).body);
});
