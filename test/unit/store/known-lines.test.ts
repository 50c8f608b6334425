import type { ChainLine } from '../../../src/domain/record/chain.ts';
import type { CheckLine } from '../../../src/domain/record/seals.ts';
import type { EventBody } from '../../../src/domain/request/events.ts';
import { rememberingBodies, rememberingLines } from '../../../src/store/known-lines.ts';

const line = { seq: 1, request: 'CMK-000001', revision: 1, cause: 'submit', n: 0 } as const;
const sealed: ChainLine = { ...line, body: '{"a":1}', prev: '0', hash: 'h', sealKey: 'k', seal: 's' };

/** A check that finds the body `{"a":1}` sound and no other, and counts how often it looks. */
function counting(): { readonly check: CheckLine; readonly looks: () => number } {
  let count = 0;
  const check: CheckLine = ({ body, sealKey }) => {
    count += 1;
    if (body !== sealed.body) return { fault: 'hash-differs', detail: 'another body' };
    return { fault: null, body: JSON.parse(body), sealKey };
  };
  return { check: rememberingLines(check), looks: () => count };
}

it('looks once at a line that comes again letter by letter', () => {
  const { check, looks } = counting();
  expect(check({ ...sealed })).toBe(check({ ...sealed }));
  expect(looks()).toBe(1);
});

it.each(Object.keys(sealed) as (keyof ChainLine)[])('looks anew at a line of which %s differs', (column) => {
  const { check, looks } = counting();
  check(sealed);
  check({ ...sealed, [column]: `${sealed[column]}, but another` });
  expect(looks()).toBe(2);
});

it('finds a fault each time', () => {
  const { check } = counting();
  check(sealed);
  const forged = { ...sealed, body: '{"a":2}' };
  expect([check(forged), check(forged)]).toMatchObject([{ fault: 'hash-differs' }, { fault: 'hash-differs' }]);
  expect(check(sealed)).toMatchObject({ fault: null });
});

it('knows the lines of last, not all there ever were', () => {
  const { check, looks } = counting();
  for (let n = 0; n <= 600; n += 1) check({ ...sealed, hash: `h${n}` });
  check({ ...sealed, hash: 'h600' });
  expect(looks()).toBe(601);
  check({ ...sealed, hash: 'h0' });
  expect(looks()).toBe(602);
});

it('reads a body once, and another of the same letters by itself', () => {
  const read = rememberingBodies((body) => ({ ...(body as EventBody) }));
  const body = { type: 'decided-late' };
  expect(read(body)).toBe(read(body));
  expect(read({ ...body })).not.toBe(read(body));
});
