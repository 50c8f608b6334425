import fc from 'fast-check';
import { canonicalJson, parseCanonical } from '../../../src/domain/canonical-json.ts';

/** The slow way: it says the same of every text. */
function asTheLibraryHasIt(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

const key = fc.oneof(fc.string(), fc.constantFrom('10', '2', '__proto__', 'toJSON', 'é', '\ud83d\ude00'));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.array(tie('value')), fc.dictionary(key, tie('value'))),
}));

it('takes what the library writes, and nothing else', () => {
  fc.assert(
    fc.property(value, (one) => {
      const text = canonicalJson(one);
      expect(parseCanonical(text)).toEqual(JSON.parse(text));
    }),
  );
});

it('says of any JSON what the library says', () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.constantFrom(' ', '0', ',', '\\ud83d', '{', '"'), (one, at, put) => {
      const text = JSON.stringify(one);
      const place = at % (text.length + 1);
      for (const changed of [text, text.slice(0, place) + put + text.slice(place)]) {
        expect(parseCanonical(changed)).toEqual(asTheLibraryHasIt(changed));
      }
    }),
  );
});

it.each([
  ['keys in another order', '{"b":1,"a":2}'],
  ['a key twice', '{"a":1,"a":1}'],
  ['a blank', '{"a": 1}'],
  ['a number written otherwise', '{"a":1.0}'],
  ['minus nought', '{"a":-0}'],
  ['half a surrogate pair', '{"a":"\\ud83d"}'],
  ['half a surrogate pair in a key', '{"\\udc00":1}'],
  ['an escape that need not be', '{"a":"\\u0041"}'],
  ['keys out of order deep inside', '{"a":[{"c":{"z":1,"y":2}}]}'],
  ['no JSON', '{"a":'],
])('does not take %s', (_what, text) => expect(parseCanonical(text)).toBeUndefined());

it.each(['{"10":1,"2":2}', '{"a":"\\\\ud83d"}', '{"a":"\ud83d\ude00"}', '"x"', 'null'])('takes %s', (text) => {
  expect(parseCanonical(text)).toEqual(JSON.parse(text));
});

it('takes what is nested deeper than a stack of calls', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(parseCanonical(deep) === undefined).toBe(asTheLibraryHasIt(deep) === undefined);
});
