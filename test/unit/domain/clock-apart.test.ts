import { clockApart, farMs, recordApart } from '../../../src/domain/clock-apart.ts';

const at = (ms: number): Date => new Date(1_800_000_000_000 + ms);

it('believes a clock that is as far away as machines usually are', () => {
  for (const away of [0, 1, -farMs, farMs]) expect(clockApart(at(away), at(0), at(away))).toBeNull();
});

it('tells a clock that was moved, forward and back', () => {
  expect(clockApart(at(farMs + 1), at(0), at(farMs + 9))).toEqual({ kind: 'clock', aheadMs: farMs + 1 });
  expect(clockApart(at(-farMs - 9), at(0), at(-farMs - 1))).toEqual({ kind: 'clock', aheadMs: -farMs - 1 });
});

it('does not take a database that was slow to answer for a wrong clock', () => {
  expect(clockApart(at(0), at(2 * farMs), at(5 * farMs))).toBeNull();
});

it('lets a record be as old as it is, and not far ahead', () => {
  expect(recordApart(null, at(0))).toBeNull();
  expect(recordApart(at(-100 * farMs).toISOString(), at(0))).toBeNull();
  expect(recordApart(at(farMs).toISOString(), at(0))).toBeNull();
  expect(recordApart(at(farMs + 1).toISOString(), at(0))).toEqual({ kind: 'record', aheadMs: farMs + 1 });
});
