/**
 * Documents that expire after ten minutes and are found by a secret name, once. They are shared between replicas and
 * survive a restart.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Documents, isWritten } from '../../domain/ports/store.ts';

export interface SecretDocumentTools {
  readonly documents: Documents;
  readonly random: (size: number) => Uint8Array;
  readonly now: () => Date;
}

export const isSecretName = (name: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(name);

/** Enough to read the page, find the security key and return. */
const lifeMs = 10 * 60_000;

const Lifetime = z.object({ until: z.string(), spent: z.boolean().default(false) });

export function openSecretDocuments<T extends object>(
  { documents, random, now }: SecretDocumentTools,
  folder: string,
  schema: z.ZodType<T>,
) {
  /** Stored by hash, so that the database reveals no link. */
  const keyOf = (name: string): string => `${folder}/${createHash('sha256').update(name).digest('base64url')}`;

  async function read(name: string) {
    const document = (await documents.read([keyOf(name)]))[keyOf(name)];
    const found = schema.safeParse(document).data;
    const life = Lifetime.safeParse(document).data;
    if (found === undefined || life === undefined || life.spent || life.until < now().toISOString()) return null;
    return { found, document };
  }

  return {
    /** Stores a document and returns its name: random, 256 bits. */
    async save(document: T): Promise<string> {
      const name = Buffer.from(random(32)).toString('base64url');
      const until = new Date(now().getTime() + lifeMs).toISOString();
      await documents.write({ [keyOf(name)]: { ...document, until, eTag: '' } });
      return name;
    },
    read: async (name: string): Promise<T | null> => (await read(name))?.found ?? null,
    has: async (name: string): Promise<boolean> => (await read(name)) !== null,
    /**
     * The same, but only once: a second caller gets null. Marked as used before it is returned, by compare-and-set: of two
     * simultaneous calls, only one succeeds.
     */
    async take(name: string): Promise<T | null> {
      const there = await read(name);
      if (there === null) return null;
      return (await isWritten(documents.write({ [keyOf(name)]: { ...there.document, spent: true } })))
        ? there.found
        : null;
    },
  };
}
