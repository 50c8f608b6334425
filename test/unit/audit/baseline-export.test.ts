import { BaselineExport } from '../../../src/audit/export-jsonl.ts';

const hashOf = (seq: number): string => seq.toString(16).padStart(64, '0');
const knowing = (...seqs: readonly number[]): BaselineExport => {
  const older = new BaselineExport();
  for (const seq of seqs) older.add({ seq, hash: hashOf(seq) });
  return older;
};

it('tells the first and the last that were never asked for', () => {
  const seqs = [1, 2, 5, 6, 7, 9, 20];
  const older = knowing(...seqs);
  expect(older.events).toBe(seqs.length);
  for (const seq of [1, 6, 20, 3]) expect(older.differenceFrom({ seq, hash: hashOf(seq) })).toBeNull();
  expect(older.compared).toBe(3);
  expect(older.missing(0)).toEqual({ first: 2, last: 9 });
  expect(older.missing(5)).toEqual({ first: 7, last: 9 });
  expect(older.missing(9)).toBeNull();
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
