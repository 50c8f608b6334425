/** Values that programs stumble over: each was somebody's bug once. */
import fc from 'fast-check';

const nul = '\u0000';
const dollar = '$';

export const oddTexts: Readonly<Record<string, string>> = {
  empty: '',
  blank: ' \t\u00a0\u3000 ',
  'NUL alone': nul,
  'NUL inside': `triage${nul}agent`,
  'other controls': 'a\u0001\u0007\u0008\u001b[31m\u007f\u0085\u009b2J',
  'line breaks of every kind': 'a\nb\rc\r\nd\u2028e\u2029f\u000bg\u000c',
  'first half of a pair': '\ud83d',
  'second half of a pair': 'x\udc00y',
  'halves the wrong way round': '\udc00\ud83d',
  'direction override': 'abc\u202egnp.exe\u202c',
  'direction isolates': '\u2066\u2067\u2068abc',
  'zero-width characters': 'ad\u200bmi\u200cn\u200d\u2060\ufeff',
  'joined emoji': '👩‍⚕️👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'a stack of accents': `a${'\u0301'.repeat(500)}`,
  'private use': '\ue000\uf8ff\u{10fffd}',
  'not a character': '\uffff\ufffe',
  'full-width quotes and slashes': '\uff07\uff02\uff3c\uff0f\uff40',
  'one dot above': '\u0130\u0131ſK',
  'very long': 'x'.repeat(20_000),
  'very many words': 'a '.repeat(5_000),
  'very many lines': '\n'.repeat(5_000),
  'a template field': `${dollar}{requestId}`,
  'a template that reads its surroundings': `${dollar}{json($root)} ${dollar}{string(fields)} ${dollar}{'x'}`,
  'half a template field': `${dollar}{`,
  'a date field': '{{DATE(2020-01-01T00:00:00Z,SHORT)}}',
  'a mention': '<at>Approver</at>',
  'a link': '[Approve](https://hostile.example/a)',
  'a picture': '![x](https://hostile.example/x.png)',
  'a reference': '[a]: https://hostile.example "x"',
  html: '<img src=x onerror=alert(1)><script>alert(1)</script>',
  'an end of a query': `' | where 1 == 1 or name contains '`,
  'a comment': '// /* -- #',
  'a backslash at the end': 'x\\',
  'a path upwards': '../../../../etc/passwd',
  'a path, encoded': '..%2f..%2f%00',
  'a formula': '=cmd|/c calc!A1',
  'a number': '12',
  'a huge number': '1e309',
  'a name every object has': '__proto__',
  'another name every object has': 'constructor',
  'what a JSON text would be': '{"a":1}',
  'format marks': '%s%n%d {0} {{0}}',
  'a regular expression': '(a+)+$',
};

/** Values of other kinds than the one that is expected. */
const oddThings: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  2,
  1.5,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  2 ** 53,
  1e300,
  -1e300,
  [],
  [[]],
  {},
  [null, 1, 'a'],
  { toString: 'x', valueOf: 'y', length: -1 },
  JSON.parse('{"then":"x","toJSON":"x"}'),
  JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'),
  Array.from({ length: 2_000 }, () => 'a'),
];

const nested = (depth: number, inner: unknown): unknown =>
  Array.from({ length: depth }).reduce<unknown>((value, _, n) => (n % 2 === 0 ? [value] : { a: value }), inner);

export const oddText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Object.values(oddTexts)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.values(oddTexts)), fc.string()).map(([a, b]) => a + b) },
);

/** Anything that JSON can carry, much of it odd. */
export const oddValue = fc.oneof(
  { weight: 4, arbitrary: oddText },
  { weight: 3, arbitrary: fc.constantFrom(...oddThings) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 20, max: 400 }), oddText).map(([n, text]) => nested(n, text)) },
);

/** Names of fields that nobody expects. */
export const oddKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '$',
  'a.b',
);

/** Sets a field as a JSON text would, `__proto__` included. */
export function withField(of: object, key: string, value: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...of };
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}
