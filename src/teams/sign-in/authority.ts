/** The tenant's Entra ID authority: its sign-in endpoint and signing keys. */
import { createRemoteJWKSet, type JWTVerifyGetKey, customFetch as keysFetch } from 'jose';
import {
  allowInsecureRequests,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  clockSkew,
  clockTolerance,
  customFetch,
  discovery,
  type ServerMetadata,
} from 'openid-client';
import { z } from 'zod';
import { isPrivate } from '../../domain/strings.ts';
import { callServer } from '../../io/call-server.ts';

/** Thrown if the authority didn't answer in time or correctly. Then nothing can be verified, and no one is let in. */
export class AuthorityUnreachable extends Error {
  override readonly name = 'AuthorityUnreachable';
}

/** Wraps an error. An openid-client error has the answer, or what prevented it, as its cause. */
export function unreachable(url: string, error: unknown): AuthorityUnreachable {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  if (cause instanceof AuthorityUnreachable) return cause;
  const why = cause instanceof Response ? `answered with ${cause.status}` : message;
  return new AuthorityUnreachable(`asking ${url.replace(/\?.*/, '')}: ${why}`, { cause: error });
}

const timeoutS = 5;
const limits = { bytes: 1_000_000, ms: timeoutS * 1_000 };

/**
 * Doesn't follow redirects: keys and tokens must come from the requested address. Throws only {@link
 * AuthorityUnreachable}.
 */
export const httpsFetch =
  (ca: string | null): CustomFetch =>
  async (url, { method, headers, body, signal }) => {
    // Only a form or no body is ever sent.
    const form = body instanceof URLSearchParams ? body.toString() : undefined;
    try {
      if (!url.startsWith('https:')) throw new Error(`${new URL(url).protocol} is not https:`);
      // Passes on only the content type: the error is in the body, and other headers aren't needed.
      return await callServer(url, { method, headers, body: form, ca, signal, limits });
    } catch (error) {
      throw unreachable(url, error);
    }
  };

interface AuthorityOptions {
  /** For example `https://login.microsoftonline.com`. */
  readonly host: string;
  readonly tenantId: string;
  /** PEM of the only trusted certificate authorities; null for the system's. */
  readonly ca: string | null;
  readonly now: () => Date;
}

export type Authority = ReturnType<typeof openAuthority>;

/** Tolerated clock difference between Entra ID and this process, in seconds. */
export const clockDifferenceS = 60;
/** Entra ID offers no other, and tokens with others are refused. */
export const algorithm = 'RS256';

/**
 * OpenID Connect Discovery, as Entra ID serves it. The sign-in page can be on another host: only the browser opens it.
 */
const Document = z.object({
  issuer: z.url(),
  authorization_endpoint: z.string().refine(isPrivate, 'must be https, or http on this machine'),
  token_endpoint: z.url({ protocol: /^https$/ }),
  jwks_uri: z.url({ protocol: /^https$/ }),
});

/** Lifetime of cached endpoints and keys. An unknown key is looked up at once, but at a limited rate. */
const documentLifeMs = 3_600_000;
const keysLifeMs = 600_000;
const askAgainAfterMs = 10_000;
/** The library requires a client ID for discovery, but doesn't send it. */
const noClient = 'discovery';

async function discover(url: string, fetch: CustomFetch): Promise<ServerMetadata> {
  try {
    const options = { [customFetch]: fetch, timeout: timeoutS };
    return (await discovery(new URL(url), noClient, undefined, undefined, options)).serverMetadata();
  } catch (error) {
    throw unreachable(url, error);
  }
}

function openKeys(url: string, fetch: CustomFetch): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    cacheMaxAge: keysLifeMs,
    cooldownDuration: askAgainAfterMs,
    [keysFetch]: async (asked, { headers, ...options }) => {
      const answer = await fetch(asked, { ...options, headers: Object.fromEntries(headers), body: undefined });
      if (answer.status !== 200) throw new AuthorityUnreachable(`asking ${asked}: answered with ${answer.status}`);
      return answer;
    },
  });
}

interface Known {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  readonly server: ServerMetadata;
  readonly keysUrl: string;
  readonly at: number;
}

/** All functions throw {@link AuthorityUnreachable} if the authority doesn't answer correctly. */
export function openAuthority({ host, tenantId, ca, now }: AuthorityOptions) {
  const fetch = httpsFetch(ca);
  const url = `${host}/${tenantId}/v2.0/.well-known/openid-configuration`;
  let known: Known | null = null;

  async function metadata(): Promise<Known> {
    // Absolute, so that a document read while the clock was ahead expires too.
    if (known !== null && Math.abs(now().getTime() - known.at) < documentLifeMs) return known;
    const server = await discover(url, fetch);
    const read = Document.safeParse(server);
    if (!read.success)
      throw new AuthorityUnreachable(`asking ${url}: answered with other than an authority's metadata`);
    const { issuer, jwks_uri: keysUrl } = read.data;
    // The issuer's host can differ from the authority's, as in China. Its tenant can't.
    if (!issuer.endsWith(`/${tenantId}/v2.0`)) throw new AuthorityUnreachable(`asking ${url}: it is about ${issuer}`);
    const keys = known?.keysUrl === keysUrl ? known.keys : openKeys(keysUrl, fetch);
    known = { issuer, keys, server, keysUrl, at: now().getTime() };
    return known;
  }

  return {
    tenantId,
    metadata,
    /** Returns an openid-client configuration of an app. Use it at once, because it contains the current clock skew. */
    client: async (app: App) => clientOf(app, (await metadata()).server, fetch, now()),
  };
}

interface App {
  readonly appId: string;
  readonly appSecret: string;
}

function clientOf({ appId, appSecret }: App, server: ServerMetadata, fetch: CustomFetch, now: Date): Configuration {
  const rules = {
    id_token_signed_response_alg: algorithm,
    // The library has its own clock.
    [clockSkew]: Math.round((now.getTime() - Date.now()) / 1_000),
    [clockTolerance]: clockDifferenceS,
  };
  const client = new Configuration(server, appId, rules, ClientSecretPost(appSecret));
  client[customFetch] = fetch;
  client.timeout = timeoutS;
  // The Entra simulator's sign-in page uses plain http on this machine. The bot's own calls are https: `Document`,
  // `fetch`.
  if (server.authorization_endpoint?.startsWith('http:')) allowInsecureRequests(client);
  return client;
}
