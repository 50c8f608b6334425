/**
 * What is remembered between a click and its sign-in: documents that other replicas see and a restart leaves. Names that
 * are given away are random, 256 bits; nothing here is worth anything to anybody but the person it is for.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PersonId, RequestId } from '../../domain/ids.ts';
import { SignIn } from '../../domain/policy/sign-in.ts';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';

/** What a sign-in is for: one person's approval of one request as it was last asked. */
export const Purpose = z.object({ person: PersonId, requestId: RequestId, asking: z.number().int() });
export type Purpose = z.infer<typeof Purpose>;

const Ask = z.object({ purpose: Purpose, until: z.string() });
const Started = Ask.extend({ nonce: z.string(), verifier: z.string(), browser: z.string() });
export type Started = z.infer<typeof Started>;
const Proof = z.object({ signIn: SignIn });

export interface PendingSignIns {
  /** Remembers that a person was asked to sign in; returns the name of the question. */
  ask(purpose: Purpose): Promise<string>;
  asked(name: string): Promise<Purpose | null>;
  /** The same, once: whoever comes second gets null. */
  takeAsked(name: string): Promise<Purpose | null>;
  /** Remembers a sign-in that was begun in a browser; returns its state. */
  start(started: Omit<Started, 'until'>): Promise<string>;
  takeStarted(state: string): Promise<Started | null>;
  prove(purpose: Purpose, signIn: SignIn): Promise<void>;
  proved(purpose: Purpose): Promise<SignIn | null>;
  /** The approval it was for is stored. */
  spend(purpose: Purpose): Promise<void>;
}

interface Tools {
  readonly documents: Documents;
  readonly random: (size: number) => Uint8Array;
  readonly now: () => Date;
}

/** Time to read the page, find the security key, and come back. */
const lifeMs = 10 * 60_000;

/** A name that is given away is stored as its hash: who reads the database learns no link. */
const secretKey = (kind: 'ask' | 'state', name: string): string =>
  `sign-in/${kind}/${createHash('sha256').update(name).digest('base64url')}`;

const proofKey = ({ requestId, asking, person }: Purpose): string => `sign-in/proof/${requestId}/${asking}/${person}`;

export function openPendingSignIns({ documents, random, now }: Tools): PendingSignIns {
  const until = (): string => new Date(now().getTime() + lifeMs).toISOString();

  const save = async (kind: 'ask' | 'state', document: Record<string, unknown>): Promise<string> => {
    const name = Buffer.from(random(32)).toString('base64url');
    await documents.write({ [secretKey(kind, name)]: { ...document, until: until(), eTag: '' } });
    return name;
  };

  async function read<T extends { readonly until: string }>(key: string, schema: z.ZodType<T>) {
    const document = (await documents.read([key]))[key];
    const found = schema.safeParse(document).data;
    if (found === undefined || document?.spent === true || found.until < now().toISOString()) return null;
    return { found, document: { ...document } };
  }

  /** Marked before it is used, by compare-and-set: of two at once, one gets it. */
  async function take<T extends { readonly until: string }>(key: string, schema: z.ZodType<T>): Promise<T | null> {
    const there = await read(key, schema);
    if (there === null) return null;
    try {
      await documents.write({ [key]: { ...there.document, spent: true } });
      return there.found;
    } catch (error) {
      if (error instanceof StaleDocument) return null;
      throw error;
    }
  }

  return {
    ask: (purpose) => save('ask', { purpose }),
    asked: async (name) => (await read(secretKey('ask', name), Ask))?.found.purpose ?? null,
    takeAsked: async (name) => (await take(secretKey('ask', name), Ask))?.purpose ?? null,
    start: (started) => save('state', started),
    takeStarted: (state) => take(secretKey('state', state), Started),
    prove: (purpose, signIn) => documents.write({ [proofKey(purpose)]: { signIn } }),
    proved: async (purpose) => {
      const key = proofKey(purpose);
      return Proof.safeParse((await documents.read([key]))[key]).data?.signIn ?? null;
    },
    spend: (purpose) => documents.delete([proofKey(purpose)]),
  };
}
