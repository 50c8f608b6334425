/** A log published in a folder that is gone afterwards, of a record that is a list. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { anchorFolder } from '../../../src/audit/anchor/anchor-folder.ts';
import { openLogPublisher } from '../../../src/audit/anchor/publisher.ts';
import { type CosignOutcome, openWitnesses, type Witness } from '../../../src/audit/anchor/witnesses.ts';
import { signingKey, type VerifierKey } from '../../../src/audit/tlog/keys.ts';
import type {
  AnchorFiles,
  WitnessBook,
  WitnessResponse,
  WitnessStatus,
} from '../../../src/domain/ports/published-log.ts';

export const logName = 'bot.example/audit';
export const logSeed = Buffer.alloc(32, 1);
export const logKey = signingKey(logName, 'log', logSeed);

export const bodiesOf = (count: number, mark = ''): string[] =>
  Array.from({ length: count }, (_, index) => `{"seq":${index + 1},"text":"${mark}event ${index + 1}"}`);

export const newFolder = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'cmk-anchor-'));

/** Returns a function that makes folders, which are gone after the suite. */
export function suiteFolders(): () => Promise<string> {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
  return async () => {
    const folder = await newFolder();
    folders.push(folder);
    return folder;
  };
}

type Book = Pick<WitnessBook, 'of' | 'keep'>;

/** What witnesses answered, for as long as the list lives. */
export function bookInMemory(): Book & { readonly asked: WitnessResponse[] } {
  const asked: WitnessResponse[] = [];
  const statusOf = (key: string): WitnessStatus => {
    const own = asked.filter((one) => one.key === key);
    const first = own[0];
    const last = own.at(-1);
    if (first === undefined || last === undefined) throw new Error(`${key} was never asked`);
    const contradiction = own.find(({ outcome }) => outcome === 'another-history') ?? null;
    return { key, since: first.at, asked: last, signed: null, contradiction, told: false };
  };
  return {
    asked,
    of: async () => [...new Set(asked.map(({ key }) => key))].map(statusOf),
    keep: async (_log, some) => void asked.push(...some),
  };
}

interface Cosigning {
  readonly witnesses?: readonly Witness[];
  readonly onCosigned?: (outcomes: readonly CosignOutcome[]) => void;
  readonly book?: Book;
}

/** A place that is a map. */
export const inMemory = (files: Map<string, Buffer>): AnchorFiles => ({
  read: async (name) => files.get(name) ?? null,
  write: async (name, bytes) => void files.set(name, Buffer.from(bytes)),
});

/** Publishes whatever the list holds at that moment. */
export const publisherOf = (
  files: AnchorFiles,
  bodies: readonly string[],
  key = logKey,
  olderKeys: readonly VerifierKey[] = [],
  { witnesses = [], onCosigned = () => undefined, book = bookInMemory() }: Cosigning = {},
) =>
  openLogPublisher({
    files,
    lines: async (after, limit) =>
      bodies.slice(after, after + limit).map((body, index) => ({ seq: after + index + 1, body })),
    key,
    olderKeys,
    witnesses: openWitnesses(witnesses, { log: key.verifier.name, book, now: () => new Date() }),
    onCosigned,
  });

/** Publishes the list in steps, each a checkpoint, in that folder, and returns it. */
export async function publishedIn(
  folder: string,
  bodies: readonly string[],
  sizes: readonly number[],
  key = logKey,
  olderKeys: readonly VerifierKey[] = [],
): Promise<string> {
  const record: string[] = [];
  const publisher = publisherOf(anchorFolder(folder), record, key, olderKeys);
  for (const size of sizes) {
    record.push(...bodies.slice(record.length, size));
    await publisher.publish();
  }
  return folder;
}
