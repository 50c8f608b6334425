import { type Documents, StaleDocument } from '../../../src/domain/ports/store.ts';

/** The port `Documents` in memory, with its compare-and-set. */
export function memoryDocuments(): Documents & { readonly keys: () => readonly string[]; readonly all: () => string } {
  const kept = new Map<string, Record<string, unknown>>();
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
      }
    },
    delete: async (keys) => {
      for (const key of keys) kept.delete(key);
    },
    keys: () => [...kept.keys()],
    all: () => JSON.stringify([...kept]),
  };
}
