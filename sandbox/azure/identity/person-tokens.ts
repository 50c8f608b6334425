/** A person's sign-in: the code that stands for it, and the token that it becomes. */

import { createHash, randomBytes } from 'node:crypto';
import type { SimulatorState } from '../state/schema.ts';
import type { SigningKey } from './tokens.ts';

/** A person's sign-in: time, authentication contexts and methods. */
export interface PersonSignIn {
  readonly userId: string;
  readonly at: Date;
  readonly contexts: readonly string[];
  readonly methods: readonly string[];
}

/** What an authorization code stands for until it is redeemed. */
export interface Grant {
  readonly signIn: PersonSignIn;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly expiresAt: Date;
}

/** What a person's token depends on. */
interface Tenant {
  readonly signingKey: SigningKey;
  readonly url: string;
  readonly state: Pick<SimulatorState, 'tenantId' | 'settings'>;
}

/** A version 2 token of the tenant, with the claims of Microsoft's references of ID and access tokens. */
export function personToken(
  { signingKey, state, url }: Tenant,
  audience: string,
  { userId, at, contexts, methods }: PersonSignIn,
  more: Readonly<Record<string, unknown>>,
  now: Date,
): Promise<string> {
  const claims = {
    tid: state.tenantId,
    oid: userId,
    sub: createHash('sha256').update(`${audience} ${userId}`).digest('base64url'),
    auth_time: Math.floor(at.getTime() / 1000),
    ...(contexts.length === 0 ? {} : { acrs: contexts }),
    amr: methods,
    ver: '2.0',
    uti: randomBytes(16).toString('base64url'),
    ...more,
  };
  return signingKey.sign(claims, `${url}/${state.tenantId}/v2.0`, audience, state.settings.tokenSeconds.person, now);
}

/** Redeems a code. A code that was presented can't be used again, even after a failure. */
export function takeGrant({ grants }: { readonly grants: Map<string, Grant> }, code: string, now: Date): Grant | null {
  const grant = grants.get(code) ?? null;
  grants.delete(code);
  return grant !== null && grant.expiresAt > now ? grant : null;
}
