import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import type { Incoming } from '../incoming.ts';

/** The service that a token is for; `elsewhere` for services that aren't simulated. */
type Audience = 'arm' | 'graph' | 'vault' | 'logs' | 'elsewhere';

const trim = (resource: string): string => resource.toLowerCase().replace(/\/+$/, '');

/** Resources of the public cloud in every tenant, by their documented addresses. */
const wellKnown: Readonly<Record<string, readonly Audience[]>> = {
  'https://management.azure.com': ['arm'],
  'https://management.core.windows.net': ['arm'],
  'https://graph.microsoft.com': ['graph'],
  'https://vault.azure.net': ['vault'],
  'https://api.loganalytics.io': ['logs'],
  'https://api.loganalytics.azure.com': ['logs'],
  'https://api.botframework.com': ['elsewhere'],
  'https://database.windows.net': ['elsewhere'],
  'https://managedhsm.azure.net': ['elsewhere'],
  'https://monitor.azure.com': ['elsewhere'],
  'https://ossrdbms-aad.database.windows.net': ['elsewhere'],
  'https://storage.azure.com': ['elsewhere'],
};

/** Returns the services that accept tokens for this resource; empty for an unknown one. ARM, Graph and logs share an address. */
export const audiencesOf = (resource: string, port: number): readonly Audience[] => {
  const wanted = trim(resource);
  const known = wellKnown[wanted];
  if (known !== undefined) return known;
  if ([`https://localhost:${port}`, `https://127.0.0.1:${port}`, `https://[::1]:${port}`].includes(wanted)) {
    return ['arm', 'graph', 'logs'];
  }
  return wanted === `https://vault.localhost:${port}` || wanted === 'https://vault.localhost' ? ['vault'] : [];
};

const Claims = z.object({ aud: z.string(), oid: z.string(), appid: z.string() });

/** Why a request has no caller. `audience`: the one of a token for another service. */
interface NoCaller {
  readonly problem: 'missing' | 'expired' | 'invalid' | 'wrong-audience';
  readonly audience: string;
}

/** Code or text for each problem; `{}` stands for the wrong audience. */
export type TokenTexts<T> = Readonly<Record<NoCaller['problem'], T>>;

/** What tokens depend on. */
interface Tenant {
  readonly signingKey: SigningKey;
  readonly port: number;
  readonly state: { readonly tenantId: string };
}

const issuerOf = ({ state }: Tenant): string => `https://sts.windows.net/${state.tenantId}/`;

/**
 * Issues an access token of an application. Its audience is the requested resource, including a trailing slash. It is a
 * version 1 token, as Azure Resource Manager, Key Vault and Microsoft Graph get them.
 */
export function issueToken(
  tenant: Tenant,
  resource: string,
  { principalId, appId }: Caller,
  { seconds, graphPermissions = [] }: { seconds: number; graphPermissions?: readonly string[] },
  now: Date,
): Promise<string> {
  const issuer = issuerOf(tenant);
  const claims = { oid: principalId, sub: principalId, appid: appId, tid: tenant.state.tenantId };
  // Only granted permissions, and only in tokens for Microsoft Graph.
  const isGraphs = audiencesOf(resource, tenant.port).includes('graph') && graphPermissions.length > 0;
  const roles = isGraphs ? { roles: graphPermissions } : {};
  const how = { appidacr: '1', idp: issuer, idtyp: 'app', ver: '1.0', uti: randomUUID() };
  return tenant.signingKey.sign({ ...claims, ...how, ...roles }, issuer, resource, seconds, now);
}

/** Returns the caller of a request. If a fault says so, a valid token counts as expired. */
export async function callerOf(
  tenant: Tenant,
  { headers, expired }: Incoming,
  audience: Audience,
): Promise<Caller | NoCaller> {
  const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return { problem: 'missing', audience: '' };
  try {
    const published = createLocalJWKSet(await tenant.signingKey.published());
    const { payload } = await jwtVerify(token, published, { issuer: issuerOf(tenant), algorithms: ['RS256'] });
    const { aud, oid, appid } = Claims.parse(payload);
    if (!audiencesOf(aud, tenant.port).includes(audience)) return { problem: 'wrong-audience', audience: aud };
    return expired ? { problem: 'expired', audience: aud } : { principalId: oid, appId: appid };
  } catch (error) {
    return { problem: error instanceof errors.JWTExpired ? 'expired' : 'invalid', audience: '' };
  }
}

/** The caller, as its token says. */
export interface Caller {
  readonly principalId: string;
  readonly appId: string;
}

/** The signing key, its ID and its public part. */
interface Key {
  readonly privateKey: CryptoKey;
  readonly kid: string;
  readonly jwk: JWK;
}

/** The tenant's signing key, in the data folder, so that tokens survive a restart. Created at first use, because that is slow. */
export class SigningKey {
  private readonly file: string;
  private key: Promise<Key> | null = null;

  constructor(dataDir: string) {
    const folder = join(dataDir, 'azure');
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, 'sign-in-key.pem');
  }

  /** The body of Entra ID's keys endpoint. */
  async published(): Promise<JSONWebKeySet> {
    return { keys: [(await this.loaded()).jwk] };
  }

  async sign(claims: JWTPayload, issuer: string, audience: string, seconds: number, now: Date): Promise<string> {
    const { privateKey, kid } = await this.loaded();
    const start = Math.floor(now.getTime() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(start)
      .setNotBefore(start)
      .setExpirationTime(start + seconds)
      .sign(privateKey);
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
    return { privateKey, kid, jwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e } };
  }
}
