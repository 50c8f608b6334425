/**
 * Verifying a record that lies in memory, beside plain SHA-256 over the same bytes; and the least that any verifier of it has to
 * do, so that what is left to win is known.
 */
import { createHmac, hash } from 'node:crypto';
import { sealChecker } from '../src/audit/seals.ts';
import { genesis, readLine, verifyLink } from '../src/audit/verify.ts';
import { RecordVerifier } from '../src/audit/verify-record.ts';
import type { ChainLine, RevealedText } from '../src/domain/record/chain.ts';
import { parseEventBody } from '../src/operations/registry.ts';
import { compare, type Figure, type Measured } from './support/figures.ts';
import { longRecord } from './support/long-record.ts';
import { benchKeys } from './support/places.ts';

interface Event {
  readonly line: ChainLine;
  readonly texts: readonly RevealedText[];
}

const eventsMeasured = 20_000;

function recordOf(count: number): readonly Event[] {
  const record: Event[] = [];
  for (const life of longRecord(benchKeys, count)) {
    for (const { position, sealed } of life) {
      const { time: _, ...place } = position;
      const { openings, ...line } = sealed;
      const { request, revision } = position;
      record.push({
        line: { ...place, ...line },
        texts: openings.map((opening) => ({ request, revision, ...opening })),
      });
    }
  }
  return record;
}

function mustBe(holds: boolean): void {
  if (!holds) throw new Error('the record that is measured does not verify');
}

/** Links, hashes, canonical form, columns and seals: that nothing was changed. */
function chainAndSeals(record: readonly Event[]): void {
  const check = sealChecker(benchKeys);
  let last = { seq: 0, hash: genesis };
  for (const { line } of record) {
    const { body, findings } = readLine(line);
    const key = typeof body?.sealKey === 'string' ? body.sealKey : null;
    mustBe(findings.length === 0 && verifyLink(last, line).length === 0 && check(line, key) === null);
    last = line;
  }
}

/** All that `audit verify` does, texts and the replay of every request included. */
function everything(record: readonly Event[]): void {
  const verifier = new RecordVerifier({ read: parseEventBody, keys: benchKeys });
  for (const { line, texts } of record) {
    verifier.event(line);
    for (const text of texts) verifier.text(text);
  }
  const { findings, replayed, requests } = verifier.end(verifier.last);
  mustBe(findings.length === 0 && replayed === requests);
}

function plain(record: readonly Event[]): void {
  for (const { line } of record) mustBe(hash('sha256', line.body, 'hex') === line.hash);
}

/** No verifier does less: the hash, the seal's two, and the JSON, without a look at what it says. */
function least(record: readonly Event[]): void {
  const [key = Buffer.alloc(0)] = benchKeys;
  for (const { line } of record) {
    const { body } = line;
    mustBe(hash('sha256', body, 'hex') === line.hash);
    mustBe(createHmac('sha256', key).update(body).digest().length === 32);
    mustBe(JSON.stringify(JSON.parse(body)) === body);
  }
}

const kinds = [
  ['chain and seals', chainAndSeals, { atLeast: 0.4 }],
  ['chain, seals, texts and every request replayed', everything, null],
  ['the least: hash, seal, JSON read and written', least, null],
] as const;

/** Events a second of the processor's time: on a machine that others use, the clock's says more about them. */
function rateOf(record: readonly Event[], work: (record: readonly Event[]) => void): number {
  const before = process.cpuUsage();
  work(record);
  const { user, system } = process.cpuUsage(before);
  return (record.length / (user + system)) * 1e6;
}

export function verify(rounds: number): Measured {
  const record = recordOf(eventsMeasured);
  const bytes = record.reduce((sum, { line }) => sum + Buffer.byteLength(line.body), 0) / record.length;
  for (const [, work] of kinds) work(record);
  const rates = kinds.map(() => [] as { readonly ours: number; readonly baseline: number }[]);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, [, work]] of kinds.entries()) {
      rates[index]?.push({ baseline: rateOf(record, plain), ours: rateOf(record, work) });
    }
  }
  const figures: Figure[] = kinds.map(([what, , target], index) =>
    compare(what, 'per second', rates[index] ?? [], 'SHA-256', target, `events of ${bytes.toFixed(0)} bytes`),
  );
  return { name: 'verify', figures };
}
