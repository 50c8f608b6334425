import { auditLogSkew, clockSkew, maxSkewMs } from '../../../src/domain/write-health.ts';

const at = (ms: number): Date => new Date(1_800_000_000_000 + ms);

it('believes a clock that is as far away as machines usually are', () => {
  for (const away of [0, 1, -maxSkewMs, maxSkewMs]) expect(clockSkew(at(away), at(0), at(away))).toBeNull();
});

it('tells a clock that was moved, forward and back', () => {
  expect(clockSkew(at(maxSkewMs + 1), at(0), at(maxSkewMs + 9))).toEqual({ kind: 'clock', aheadMs: maxSkewMs + 1 });
  expect(clockSkew(at(-maxSkewMs - 9), at(0), at(-maxSkewMs - 1))).toEqual({ kind: 'clock', aheadMs: -maxSkewMs - 1 });
});

it('does not take a database that was slow to answer for a wrong clock', () => {
  expect(clockSkew(at(0), at(2 * maxSkewMs), at(5 * maxSkewMs))).toBeNull();
});

it('lets a record be as old as it is, and not far ahead', () => {
  expect(auditLogSkew(null, at(0))).toBeNull();
  expect(auditLogSkew(at(-100 * maxSkewMs).toISOString(), at(0))).toBeNull();
  expect(auditLogSkew(at(maxSkewMs).toISOString(), at(0))).toBeNull();
  expect(auditLogSkew(at(maxSkewMs + 1).toISOString(), at(0))).toEqual({ kind: 'record', aheadMs: maxSkewMs + 1 });
});
