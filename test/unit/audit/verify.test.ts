import { sealWith } from '../../../src/audit/audit-tools.ts';
import { type ChainEntry, genesis, hashOf, verifyTexts } from '../../../src/audit/verify.ts';
import { verifyChain } from '../../support/audit/verify-chain.ts';
import { submitted } from '../../support/builders/fixtures.ts';

/** A chain of events of one request that differ in their text and name. */
function chainOf(names: readonly string[]) {
  const seal = sealWith((size) => new Uint8Array(size).fill(7), null);
  const lines: ChainEntry[] = [];
  const texts = [];
  for (const [index, name] of names.entries()) {
    const prev = lines.at(-1)?.hash ?? genesis;
    const place = { seq: index + 1, revision: index + 1, request: 'CMK-000001', prev, cause: `cause ${index}`, n: 0 };
    const event = submitted({ resourceName: name, justification: `because of ${name}` });
    const { body, hash, openings } = seal({ ...place, time: '2026-11-24T16:00:00.000Z' }, event);
    lines.push({ ...place, body, hash });
    texts.push(...openings.map((opening) => ({ ...opening, request: place.request, revision: place.revision })));
  }
  return { lines, texts };
}

const headOf = (lines: readonly ChainEntry[]) => ({ seq: lines.length, hash: lines.at(-1)?.hash ?? genesis });
const kinds = (lines: readonly ChainEntry[], head?: { seq: number; hash: string }) =>
  verifyChain(lines, head).map(({ seq, kind }) => `${seq} ${kind}`);
const at = (lines: readonly ChainEntry[], index: number): ChainEntry => {
  const line = lines[index];
  if (line === undefined) throw new Error(`there is no line ${index}`);
  return line;
};

const { lines, texts } = chainOf(['a', 'b', 'c', 'd']);

describe('verifying a chain', () => {
  it('finds nothing wrong with an empty one or a whole one', () => {
    expect(kinds([], { seq: 0, hash: genesis })).toEqual([]);
    expect(kinds(lines, headOf(lines))).toEqual([]);
  });

  it('says which line was changed', () => {
    const changed = { ...at(lines, 1), body: at(lines, 1).body.replace('"resourceName":"b"', '"resourceName":"B"') };
    expect(kinds(lines.with(1, changed))).toEqual(['2 hash-differs']);
    expect(kinds(lines.with(1, { ...changed, hash: hashOf(changed.body) }))).toEqual(['3 prev-differs']);
  });

  it('says where a line is missing, doubled or moved', () => {
    expect(kinds(lines.toSpliced(1, 1))).toEqual(['3 not-contiguous', '3 prev-differs']);
    expect(kinds(lines.toSpliced(1, 0, at(lines, 0)))).toEqual(['1 not-contiguous', '1 prev-differs']);
    expect(kinds([at(lines, 1), at(lines, 0)])).toContain('2 not-contiguous');
  });

  it('says that the end was cut off, or that another chain was put in its place', () => {
    expect(kinds(lines.slice(0, 2), headOf(lines))).toEqual(['2 head-differs']);
    expect(kinds(chainOf(['a', 'b', 'c', 'x']).lines, headOf(lines))).toEqual(['4 head-differs']);
  });

  it('does not take anything but canonical JSON objects for a body', () => {
    for (const body of [
      '',
      '[]',
      'null',
      '1',
      '{"b":1,"a":2}',
      '{"a": 1}',
      '{"a":1.0}',
      '{"a":1,"a":1}',
      '{"a":"\\u0041"}',
    ]) {
      expect(kinds([{ seq: 1, prev: genesis, body, hash: hashOf(body) }])).toEqual(['1 not-canonical']);
    }
  });

  it('does not take a column’s word against the body’s', () => {
    expect(kinds(lines.with(0, { ...at(lines, 0), request: 'CMK-000002' }))).toEqual(['1 column-differs']);
    expect(kinds(lines.with(0, { ...at(lines, 0), revision: 9 }))).toEqual(['1 column-differs']);
  });

  it('tells what was expected and what was found', () => {
    const [finding] = verifyChain(lines.with(0, { ...at(lines, 0), cause: 'other' }));
    expect(finding?.detail).toBe('cause: expected cause 0, found other');
  });
});

describe('verifying texts', () => {
  it('accepts those the record commits to, and erased ones', () => {
    expect([...verifyTexts(lines, texts)]).toEqual([]);
    expect([...verifyTexts(lines, texts.slice(1))]).toEqual([]);
  });

  it('refuses a changed text, a changed salt and a text from nowhere', () => {
    const [text] = texts;
    if (text === undefined) throw new Error('the fixture has no text');
    const found = (change: Partial<typeof text>) =>
      [...verifyTexts(lines, [{ ...text, ...change }])].map(({ seq, kind }) => `${seq} ${kind}`);
    expect(found({ text: 'because' })).toEqual(['1 text-differs']);
    expect(found({ salt: '00' })).toEqual(['1 text-differs']);
    expect(found({ field: 'comment' })).toEqual(['0 text-unknown']);
    expect(found({ revision: 2 })).toEqual(['2 text-differs']);
  });
});
