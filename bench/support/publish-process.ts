/** What a start does with a record before it serves anybody: reads all of it, then grows the published log's tree over it. */
import { randomBytes } from 'node:crypto';
import { anchorFolder } from '../../src/audit/anchor/folder.ts';
import { Publisher } from '../../src/audit/anchor/publisher.ts';
import { Witnesses } from '../../src/audit/anchor/witnesses.ts';
import { recordTools } from '../../src/audit/record.ts';
import { signingKey } from '../../src/audit/tlog/signing-key.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openStore } from '../../src/store/store.ts';
import { benchKeys, logSeed, placeOf } from './places.ts';

const [place = '', anchor = ''] = process.argv.slice(2);
const database = await openDatabase(placeOf(place));
const store = openStore(database, {
  ...recordTools(randomBytes, benchKeys),
  clock: () => new Date(),
  read: parseEventBody,
  onBroken: () => undefined,
});
const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  const began = performance.now();
  await work();
  process.stdout.write(`${what} ${((performance.now() - began) / 1000).toFixed(1)} s, `);
};
const publisher = new Publisher({
  files: anchorFolder(anchor),
  lines: store.trail.soundLines,
  key: signingKey('bench.example/audit', 'log', logSeed),
  olderKeys: [],
  witnesses: new Witnesses(
    [],
    { contradictions: async () => new Map(), keep: async () => undefined },
    () => new Date(),
  ),
  vaultLine: null,
  onWitnessed: () => undefined,
});
await timed('reading the record', () => store.trail.check());
await timed('publishing it', () => publisher.publish());
await timed('publishing again', () => publisher.publish());
await database.close();
