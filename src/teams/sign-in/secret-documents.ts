/**
 * Documents for ten minutes, found by a name that only whoever was given it knows, and taken once. Other replicas see them,
 * and a restart leaves them.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';

export interface SecretDocuments<T> {
  /** Returns its name: random, 256 bits. */
  save(document: T): Promise<string>;
  read(name: string): Promise<T | null>;
  /** The same, once: whoever comes second gets null. */
  take(name: string): Promise<T | null>;
}

export interface SecretDocumentTools {
  readonly documents: Documents;
  readonly random: (size: number) => Uint8Array;
  readonly now: () => Date;
}

/** Time to read the page, find the security key, and come back. */
const lifeMs = 10 * 60_000;

const Life = z.object({ until: z.string(), spent: z.boolean().default(false) });

export function openSecretDocuments<T extends object>(
  { documents, random, now }: SecretDocumentTools,
  folder: string,
  schema: z.ZodType<T>,
): SecretDocuments<T> {
  /** Stored under its hash: who reads the database learns no link. */
  const keyOf = (name: string): string => `${folder}/${createHash('sha256').update(name).digest('base64url')}`;

  async function read(name: string) {
    const document = (await documents.read([keyOf(name)]))[keyOf(name)];
    const found = schema.safeParse(document).data;
    const life = Life.safeParse(document).data;
    if (found === undefined || life === undefined || life.spent || life.until < now().toISOString()) return null;
    return { found, document };
  }

  return {
    async save(document) {
      const name = Buffer.from(random(32)).toString('base64url');
      const until = new Date(now().getTime() + lifeMs).toISOString();
      await documents.write({ [keyOf(name)]: { ...document, until, eTag: '' } });
      return name;
    },
    read: async (name) => (await read(name))?.found ?? null,
    /** Marked before it is used, by compare-and-set: of two at once, one gets it. */
    async take(name) {
      const there = await read(name);
      if (there === null) return null;
      try {
        await documents.write({ [keyOf(name)]: { ...there.document, spent: true } });
        return there.found;
      } catch (error) {
        if (error instanceof StaleDocument) return null;
        throw error;
      }
    },
  };
}
