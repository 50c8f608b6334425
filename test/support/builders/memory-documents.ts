import { type Documents, StaleDocument } from '../../../src/domain/ports/store.ts';

interface MemoryDocuments extends Documents {
  readonly keys: () => readonly string[];
  readonly all: () => string;
  /** Keys with the prefix, without it, that weren't written for so long. */
  readonly leftFor: (prefix: string, ms: number) => Promise<readonly string[]>;
}

/** The port `Documents` in memory, with its compare-and-set. */
export function memoryDocuments(): MemoryDocuments {
  const kept = new Map<string, Record<string, unknown>>();
  const writtenAt = new Map<string, number>();
  let etags = 0;
  return {
    read: async (keys) =>
      Object.fromEntries(keys.flatMap((key) => (kept.has(key) ? [[key, { ...kept.get(key) }]] : []))),
    write: async (changes) => {
      for (const [key, { eTag }] of Object.entries(changes)) {
        const there = kept.get(key)?.eTag;
        if (eTag === '' ? there !== undefined : eTag !== undefined && eTag !== '*' && eTag !== there)
          throw new StaleDocument(key);
      }
      for (const [key, value] of Object.entries(changes)) {
        etags += 1;
        kept.set(key, { ...value, eTag: `${etags}` });
        writtenAt.set(key, Date.now());
      }
    },
    delete: async (keys) => {
      for (const key of keys) kept.delete(key);
    },
    keys: () => [...kept.keys()],
    leftFor: async (prefix, ms) =>
      [...kept.keys()].flatMap((key) =>
        key.startsWith(prefix) && Date.now() - (writtenAt.get(key) ?? 0) >= ms ? [key.slice(prefix.length)] : [],
      ),
    all: () => JSON.stringify([...kept]),
  };
}
