/** Stores sign-ins between a click and its proof. Each entry is usable only by the person it is for. */

import { z } from 'zod';
import { PersonId, RequestId } from '../../domain/ids.ts';
import { SignIn } from '../../domain/policy/sign-in.ts';
import { openSecretDocuments, type SecretDocumentTools } from './secret-documents.ts';

/** The purpose of a sign-in: one person's approval of one request at its current revision. */
export const Purpose = z.object({ person: PersonId, requestId: RequestId, asking: z.number().int() });
export type Purpose = z.infer<typeof Purpose>;

const ClickedCard = z.object({ conversationId: z.string(), activityId: z.string() });
export type ClickedCard = z.infer<typeof ClickedCard>;

/** `at`: missing if unknown. `inputs`: what the person entered on the card, by input ID. */
const Ask = z.object({
  purpose: Purpose,
  at: ClickedCard.optional(),
  inputs: z.record(z.string(), z.string()).default({}),
});
export type Ask = z.infer<typeof Ask>;
const Started = Ask.extend({ nonce: z.string(), verifier: z.string(), browser: z.string() });
const Proof = z.object({ signIn: SignIn, inputs: Ask.shape.inputs });
type Proof = z.infer<typeof Proof>;

const proofKey = ({ requestId, asking, person }: Purpose): string => `sign-in/proof/${requestId}/${asking}/${person}`;

export type PendingSignIns = ReturnType<typeof openPendingSignIns>;

export function openPendingSignIns(tools: SecretDocumentTools) {
  const { documents } = tools;
  const asks = openSecretDocuments(tools, 'sign-in/ask', Ask);
  const states = openSecretDocuments(tools, 'sign-in/state', Started);
  return {
    /** Stores that a person was asked to sign in; returns the question's name. */
    ask: asks.save,
    asked: asks.read,
    isAsked: asks.has,
    /** The same, but only once: a second caller gets null. */
    takeAsked: async (name: string): Promise<Purpose | null> => (await asks.take(name))?.purpose ?? null,
    /** Stores a sign-in that started in a browser; returns its state. */
    start: states.save,
    takeStarted: states.take,
    isStarted: states.has,
    prove: (purpose: Purpose, proof: Proof): Promise<void> => documents.write({ [proofKey(purpose)]: proof }),
    proved: async (purpose: Purpose): Promise<Proof | null> => {
      const key = proofKey(purpose);
      return Proof.safeParse((await documents.read([key]))[key]).data ?? null;
    },
    spend: (purpose: Purpose): Promise<void> => documents.delete([proofKey(purpose)]),
  };
}
