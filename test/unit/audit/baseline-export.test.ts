import { BaselineExport } from '../../../src/audit/export-jsonl.ts';

const hashOf = (seq: number): string => seq.toString(16).padStart(64, '0');
const knowing = (...seqs: readonly number[]): BaselineExport => {
  const older = new BaselineExport();
  for (const seq of seqs) older.add({ seq, hash: hashOf(seq) });
  return older;
};

it('tells the first and the last that were never asked for, across pages', () => {
  const seqs = [1, 2, 4_095, 4_096, 4_097, 9_000, 20_000];
  const older = knowing(...seqs);
  expect(older.events).toBe(seqs.length);
  for (const seq of [1, 4_096, 20_000, 3]) expect(older.differenceFrom({ seq, hash: hashOf(seq) })).toBeNull();
  expect(older.compared).toBe(3);
  expect(older.missing(0)).toEqual({ first: 2, last: 9_000 });
  expect(older.missing(4_095)).toEqual({ first: 4_097, last: 9_000 });
  expect(older.missing(9_000)).toBeNull();
});

it('tells a hash that is another', () => {
  const older = knowing(7);
  expect(older.differenceFrom({ seq: 7, hash: hashOf(8) })).toBe(`hash: kept was ${hashOf(7)}, found ${hashOf(8)}`);
});

it('counts what was given twice once, and takes what was given last', () => {
  const older = knowing(7, 7);
  older.add({ seq: 7, hash: hashOf(9) });
  expect(older.events).toBe(1);
  expect(older.differenceFrom({ seq: 7, hash: hashOf(9) })).toBeNull();
});

it.each([
  [-3, hashOf(3)],
  [0, hashOf(0)],
  [1.5, hashOf(1)],
  [8, 'no hash'],
  [8, 'F'.repeat(64)],
])('compares what no chain has as it stands: %p', (seq, hash) => {
  const older = new BaselineExport();
  older.add({ seq, hash });
  expect(older.missing(-10)).toEqual({ first: seq, last: seq });
  expect(older.differenceFrom({ seq, hash: hashOf(77) })).toContain(`kept was ${hash}`);
  older.add({ seq, hash });
  expect(older.differenceFrom({ seq, hash })).toBeNull();
});
