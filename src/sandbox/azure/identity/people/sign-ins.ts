import { createHash, randomBytes } from 'node:crypto';
import type { SigningKey } from '../tokens.ts';

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

/** Issues authorization codes and tokens of people. */
export class SignIns {
  private readonly key: SigningKey;
  private readonly grants = new Map<string, Grant>();

  constructor(key: SigningKey) {
    this.key = key;
  }

  /** A version 2 token of the tenant, with the claims of Microsoft's references of ID and access tokens. */
  token(
    issuer: { readonly url: string; readonly tenantId: string; readonly seconds: number },
    audience: string,
    signIn: PersonSignIn,
    more: Readonly<Record<string, unknown>>,
    now: Date,
  ): Promise<string> {
    const { userId, at, contexts, methods } = signIn;
    const claims = {
      tid: issuer.tenantId,
      oid: userId,
      sub: createHash('sha256').update(`${audience} ${userId}`).digest('base64url'),
      auth_time: Math.floor(at.getTime() / 1000),
      ...(contexts.length === 0 ? {} : { acrs: contexts }),
      amr: methods,
      ver: '2.0',
      uti: randomBytes(16).toString('base64url'),
      ...more,
    };
    return this.key.sign(claims, `${issuer.url}/${issuer.tenantId}/v2.0`, audience, issuer.seconds, now);
  }

  grant(grant: Grant): string {
    const code = randomBytes(32).toString('base64url');
    this.grants.set(code, grant);
    return code;
  }

  /** Redeems a code. A code that was presented can't be used again, even after a failure. */
  takeGrant(code: string, now: Date): Grant | null {
    const grant = this.grants.get(code) ?? null;
    this.grants.delete(code);
    return grant !== null && grant.expiresAt > now ? grant : null;
  }
}
