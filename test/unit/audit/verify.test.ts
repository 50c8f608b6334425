import { eventLine, headerLine, headLine, textLine } from '../../../src/audit/export-jsonl.ts';
import { genesis, hashOf, verifyTexts } from '../../../src/audit/verify.ts';
import { NotAnExport, verifyExport } from '../../../src/audit/verify-export.ts';
import type { ChainLine, Link } from '../../../src/domain/record/chain.ts';
import { type NewEvent, newEvent, operatorActor } from '../../../src/domain/request/events.ts';
import { submitted } from '../../support/builders/commands.ts';
import { sealedRecord, testKeys, verified, verifyChain } from '../../support/builders/sealed-record.ts';

const request = 'CMK-000001';
const operator = operatorActor('duty');

const recordOf = (...events: readonly NewEvent[]) =>
  sealedRecord(events.map((event) => ({ request, time: '2026-01-01T00:00:00.000Z', ...event })));
/** A request that was submitted and cancelled. */
const cancelled = (justification = 'Policy 7') =>
  recordOf(submitted({ justification }), newEvent('ended', operator, { as: 'cancelled' }));

/** A chain of events of one request that differ in their text and name. */
const chainOf = (...names: readonly string[]) =>
  recordOf(...names.map((name) => submitted({ resourceName: name, justification: `because of ${name}` })));

const chain = chainOf('a', 'b', 'c', 'd');
const lines = chain.map(({ line }) => line);
const texts = chain.flatMap((event) => event.texts);
const [first, second, , last] = lines as [ChainLine, ChainLine, ChainLine, ChainLine];
const kinds = (changed: readonly ChainLine[], head?: Link) =>
  verifyChain(changed, head).map(({ seq, kind }) => `${seq} ${kind}`);

describe('verifying a chain', () => {
  it('says which line was changed', () => {
    const changed = { ...second, body: second.body.replace('"resourceName":"b"', '"resourceName":"B"') };
    expect(kinds(lines.with(1, changed))).toEqual(['2 hash-differs']);
    expect(kinds(lines.with(1, { ...changed, hash: hashOf(changed.body) }))).toEqual(['3 prev-differs']);
  });

  it('says where a line is missing, doubled or moved', () => {
    expect(kinds(lines.toSpliced(1, 1))).toEqual(['3 not-contiguous', '3 prev-differs']);
    expect(kinds(lines.toSpliced(1, 0, first))).toEqual(['1 not-contiguous', '1 prev-differs']);
    expect(kinds([second, first])).toContain('2 not-contiguous');
  });

  it('says that the end was cut off, or that another chain was put in its place', () => {
    expect(kinds(lines.slice(0, 2), last)).toEqual(['2 head-differs']);
    const other = chainOf('a', 'b', 'c', 'x').map(({ line }) => line);
    expect(kinds(other, last)).toEqual(['4 head-differs']);
  });

  it.each(['', 'null', '{"b":1,"a":2}', '{"a": 1}', '{"a":1.0}', '{"a":1,"a":1}', '{"a":"\\u0041"}'])(
    'does not take %j for a body: it is no canonical JSON object',
    (body) => expect(kinds([{ ...first, body, hash: hashOf(body) }])).toEqual(['1 not-canonical']),
  );

  it('does not take a column’s word against the body’s', () => {
    expect(kinds(lines.with(0, { ...first, request: 'CMK-000002' }))).toEqual(['1 column-differs']);
    expect(kinds(lines.with(0, { ...first, revision: 9 }))).toEqual(['1 column-differs']);
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

  const withoutTexts = (record: ReturnType<typeof recordOf>) => record.map((event) => ({ ...event, texts: [] }));

  it('accepts a record without texts that an event says were erased', () => {
    const erased = newEvent('texts-erased', operator, { reason: 'asked for' });
    const record = withoutTexts(recordOf(submitted(), newEvent('ended', operator, { as: 'cancelled' }), erased));
    expect(verified(record)).toMatchObject({ events: 3, texts: 0, erased: 1, findings: [] });
  });

  it('misses a text that is gone although no event says so', () => {
    const { findings } = verified(withoutTexts(cancelled()));
    expect(findings).toEqual([{ seq: 1, kind: 'text-missing', detail: `1 of ${request}` }]);
  });
});

describe('an export', () => {
  const exported = (record: ReturnType<typeof recordOf>): string[] => {
    const head = record.at(-1)?.line ?? { seq: 0, hash: genesis };
    const events = record.flatMap((event) => [eventLine(event.line), ...event.texts.map(textLine)]);
    return [headerLine({ seq: 0, hash: genesis }), ...events, headLine(head)].map((line) => line.trimEnd());
  };
  async function* each(all: readonly string[]): AsyncGenerator<string> {
    yield* all;
  }
  const verify = (all: readonly string[]) => verifyExport(each(all), { keys: testKeys });
  const isFound = (all: readonly string[]): Promise<boolean> =>
    verify(all).then(
      ({ findings }) => findings.length > 0,
      (error: unknown) => error instanceof NotAnExport,
    );

  it('shows a change of a character of any of its lines, wherever it stands', async () => {
    const all = exported(cancelled());
    const missed: string[] = [];
    for (const [number, line] of all.entries()) {
      // Every third, from another beginning in each line.
      for (let at = number % 3; at < line.length; at += 3) {
        const changed = line.slice(0, at) + (line[at] === 'x' ? 'y' : 'x') + line.slice(at + 1);
        if (!(await isFound(all.with(number, changed)))) missed.push(`line ${number + 1}: ${changed}`);
      }
    }
    expect(missed).toEqual([]);
  });

  it('shows any line that is missing, doubled or moved', async () => {
    const all = exported(cancelled());
    for (const number of all.keys()) {
      expect([number, await isFound(all.toSpliced(number, 1))]).toEqual([number, true]);
      expect([number, await isFound(all.toSpliced(number, 0, all[number] ?? ''))]).toEqual([number, true]);
    }
  });
});
