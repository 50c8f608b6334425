import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Audience, audiencesOf } from './audiences.ts';
import type { Caller } from './caller.ts';

const Claims = z.object({ aud: z.string(), oid: z.string(), appid: z.string() });

export type TokenCheck =
  | { readonly kind: 'valid'; readonly caller: Caller }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'wrong-audience'; readonly audience: string };

/** One hour, as Entra's default for application tokens is about that (Microsoft identity platform documentation). */
export const tokenSeconds = 3_599;

/** Issues and checks access tokens. The signing secret belongs to the data folder, so tokens survive a restart. */
export class Tokens {
  private readonly secret: Uint8Array;
  private readonly issuer: string;
  private readonly tenantId: string;
  private readonly port: number;

  constructor(dataDir: string, tenantId: string, port: number) {
    this.secret = readSecret(join(dataDir, 'azure'));
    this.issuer = `https://sts.windows.net/${tenantId}/`;
    this.tenantId = tenantId;
    this.port = port;
  }

  issue(resource: string, caller: Caller, now: Date): Promise<string> {
    const seconds = Math.floor(now.getTime() / 1000);
    const claims = { oid: caller.principalId, sub: caller.principalId, appid: caller.appId, tid: this.tenantId };
    return new SignJWT({ ...claims, appidacr: '1', idtyp: 'app', ver: '1.0', uti: randomUUID() })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setAudience(resource)
      .setIssuer(this.issuer)
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + tokenSeconds)
      .sign(this.secret);
  }

  async check(token: string, audience: Audience): Promise<TokenCheck> {
    try {
      const { payload } = await jwtVerify(token, this.secret, { issuer: this.issuer, algorithms: ['HS256'] });
      const claims = Claims.safeParse(payload);
      if (!claims.success) return { kind: 'invalid' };
      const { aud, oid, appid } = claims.data;
      if (!audiencesOf(aud, this.port).includes(audience)) return { kind: 'wrong-audience', audience: aud };
      return { kind: 'valid', caller: { principalId: oid, appId: appid } };
    } catch (error) {
      return { kind: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
    }
  }
}

const readSecret = (folder: string): Uint8Array => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'token-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  return Buffer.from(readFileSync(file, 'utf8'), 'base64');
};

/** The bearer token of a request, or null. */
export const bearerOf = (authorization: string | undefined): string | null =>
  /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
