/** A log published in a folder that is gone afterwards, of a record that is a list. */
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { anchorFolder } from '../../../src/audit/anchor/files.ts';
import { Publisher } from '../../../src/audit/anchor/publisher.ts';
import type { VaultCosigner } from '../../../src/audit/anchor/vault-cosignature.ts';
import {
  type CosignOutcome,
  type Witness,
  Witnesses,
  type WitnessMemory,
} from '../../../src/audit/anchor/witnesses.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import type {
  AnchorFiles,
  WitnessBook,
  WitnessResponse,
  WitnessStatus,
} from '../../../src/domain/ports/published-log.ts';

export const logName = 'bot.example/audit';
export const logKey = signingKey(logName, 'log', Buffer.alloc(32, 1));

export const bodiesOf = (count: number, mark = ''): string[] =>
  Array.from({ length: count }, (_, index) => `{"seq":${index + 1},"text":"${mark}event ${index + 1}"}`);

export const newFolder = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'cmk-anchor-'));

/** Keeps in mind what witnesses refused, for as long as the list lives. */
export const memoryIn = (lost: Map<string, string>): WitnessMemory => ({
  contradictions: async () => lost,
  keep: async (asked) => {
    for (const { key, outcome, detail } of asked) if (outcome === 'another-history') lost.set(key, detail);
  },
});

export function bookInMemory(): Pick<WitnessBook, 'of' | 'keep'> & { readonly asked: readonly WitnessResponse[] } {
  const asked: WitnessResponse[] = [];
  const roleStatus = (key: string): WitnessStatus => {
    const own = asked.filter((one) => one.key === key);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined) throw new Error(`${key} was never asked`);
    return { key, since: first.at, asked: last, signed: null, contradiction: null, cleared: null, told: false };
  };
  return {
    asked,
    of: async () => [...new Set(asked.map(({ key }) => key))].map(roleStatus),
    keep: async (_log, some) => void asked.push(...some),
  };
}

/** Publishes whatever the list holds at that moment. */
export const publisherOf = (
  files: AnchorFiles,
  bodies: readonly string[],
  key = logKey,
  olderKeys: ConstructorParameters<typeof Publisher>[0]['olderKeys'] = [],
  witnesses: readonly Witness[] = [],
  onCosigned: (outcomes: readonly CosignOutcome[]) => void = () => undefined,
  memory: WitnessMemory = memoryIn(new Map()),
  vaultCosigner: VaultCosigner | null = null,
): Publisher =>
  new Publisher({
    files,
    lines: async (after, limit) =>
      bodies.slice(after, after + limit).map((body, index) => ({ seq: after + index + 1, body })),
    key,
    olderKeys,
    witnesses: new Witnesses(witnesses, memory, () => new Date()),
    vaultCosigner,
    onCosigned,
  });

/** Publishes the list in steps, each a checkpoint, in a new folder. */
export async function publishedFolder(bodies: readonly string[], sizes: readonly number[]): Promise<string> {
  const folder = await newFolder();
  const record: string[] = [];
  const publisher = publisherOf(anchorFolder(folder), record);
  for (const size of sizes) {
    record.push(...bodies.slice(record.length, size));
    await publisher.publish();
  }
  return folder;
}
