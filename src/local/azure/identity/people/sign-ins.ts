import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type JWK, SignJWT } from 'jose';

/** A person who signed in: when, what that meets, and with what. */
export interface PersonSignIn {
  readonly userId: string;
  readonly at: Date;
  readonly contexts: readonly string[];
  readonly methods: readonly string[];
}

/** What a code stands for until it is redeemed. */
export interface Grant {
  readonly signIn: PersonSignIn;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly expiresAt: Date;
}

interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** About an hour, as Entra's are. */
export const personTokenSeconds = 3_899;

/** People's tokens, signed with a key that is published. It is made when first needed, because that takes a moment. */
export class SignIns {
  private readonly file: string;
  private key: Promise<Key> | null = null;
  private readonly grants = new Map<string, Grant>();

  constructor(dataDir: string) {
    const folder = join(dataDir, 'azure');
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, 'sign-in-key.pem');
  }

  async publicKeys(): Promise<{ readonly keys: readonly JWK[] }> {
    return { keys: [(await this.loaded()).jwk] };
  }

  /** A version 2 token of the tenant, as Microsoft's references of ID and access token claims list them. */
  async token(
    issuer: { readonly url: string; readonly tenantId: string },
    audience: string,
    signIn: PersonSignIn,
    more: Readonly<Record<string, unknown>>,
    now: Date,
  ): Promise<string> {
    const { privateKey, jwk } = await this.loaded();
    const seconds = Math.floor(now.getTime() / 1000);
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
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid ?? '' })
      .setIssuer(`${issuer.url}/${issuer.tenantId}/v2.0`)
      .setAudience(audience)
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + personTokenSeconds)
      .sign(privateKey);
  }

  grant(grant: Grant): string {
    const code = randomBytes(32).toString('base64url');
    this.grants.set(code, grant);
    return code;
  }

  /** Once: a code that was shown is spent, whatever comes of it. */
  takeGrant(code: string, now: Date): Grant | null {
    const grant = this.grants.get(code) ?? null;
    this.grants.delete(code);
    return grant !== null && grant.expiresAt > now ? grant : null;
  }

  private loaded(): Promise<Key> {
    this.key ??= this.load();
    return this.key;
  }

  private async load(): Promise<Key> {
    if (!existsSync(this.file)) {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      writeFileSync(this.file, await exportPKCS8(privateKey), { mode: 0o600 });
    }
    const privateKey = await importPKCS8(readFileSync(this.file, 'utf8'), 'RS256', { extractable: true });
    const { n = '', e = '' } = await exportJWK(privateKey);
    const kid = createHash('sha256').update(n).digest('base64url');
    return { privateKey, jwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e } };
  }
}
