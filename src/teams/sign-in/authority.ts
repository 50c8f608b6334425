/** The tenant's Entra authority: where people sign in, and the keys its tokens are signed with. */
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
import { isPrivate } from '../../domain/private-url.ts';
import { AuthorityUnreachable, httpsFetch, patienceS, unreachable } from './https-fetch.ts';

export interface AuthorityOptions {
  /** Such as `https://login.microsoftonline.com`. */
  readonly host: string;
  readonly tenantId: string;
  /** PEM of the only certificate authorities to trust; null for the usual ones. */
  readonly ca: string | null;
  readonly now: () => Date;
}

export interface Metadata {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
}

/** Everything here throws {@link AuthorityUnreachable} when the authority does not answer as one. */
export interface Authority {
  readonly tenantId: string;
  metadata(): Promise<Metadata>;
  /** An app at this authority, for openid-client's calls within the next moments. */
  client(app: { readonly appId: string; readonly appSecret: string }): Promise<Configuration>;
}

/** How far the clocks of Entra and of this process may differ. */
export const clockDifferenceS = 60;
/** Entra offers no other, and what is not asked for is not taken. */
export const algorithm = 'RS256';

/** OpenID Connect Discovery, as Entra serves it. The page people see may be elsewhere: only the browser goes there. */
const Document = z.object({
  issuer: z.url(),
  authorization_endpoint: z.string().refine(isPrivate, 'must be https, or http on this machine'),
  token_endpoint: z.url({ protocol: /^https$/ }),
  jwks_uri: z.url({ protocol: /^https$/ }),
});

/** How long endpoints and keys are believed. A key that is not among them is looked for at once, but not all the time. */
const documentLifeMs = 3_600_000;
const keysLifeMs = 600_000;
const askAgainAfterMs = 10_000;
/** Discovery wants a client's name and tells it to nobody. */
const noClient = 'discovery';

async function discover(url: string, fetch: CustomFetch): Promise<ServerMetadata> {
  try {
    const options = { [customFetch]: fetch, timeout: patienceS };
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

interface Known extends Metadata {
  readonly server: ServerMetadata;
  readonly keysUrl: string;
  readonly at: number;
}

export function openAuthority({ host, tenantId, ca, now }: AuthorityOptions): Authority {
  const fetch = httpsFetch(ca);
  const url = `${host}/${tenantId}/v2.0/.well-known/openid-configuration`;
  let known: Known | null = null;

  async function metadata(): Promise<Known> {
    // What was read while the clock was ahead is not younger for that.
    if (known !== null && Math.abs(now().getTime() - known.at) < documentLifeMs) return known;
    const server = await discover(url, fetch);
    const read = Document.safeParse(server);
    if (!read.success)
      throw new AuthorityUnreachable(`asking ${url}: answered with other than an authority's metadata`);
    const { issuer, jwks_uri: keysUrl } = read.data;
    // Another host than the authority's may be named, as in China; never another tenant, nor all of them.
    if (!issuer.endsWith(`/${tenantId}/v2.0`)) throw new AuthorityUnreachable(`asking ${url}: it is about ${issuer}`);
    const keys = known?.keysUrl === keysUrl ? known.keys : openKeys(keysUrl, fetch);
    known = { issuer, keys, server, keysUrl, at: now().getTime() };
    return known;
  }

  return { tenantId, metadata, client: async (app) => clientOf(app, (await metadata()).server, fetch, now()) };
}

function clientOf(
  { appId, appSecret }: { readonly appId: string; readonly appSecret: string },
  server: ServerMetadata,
  fetch: CustomFetch,
  now: Date,
): Configuration {
  const rules = {
    id_token_signed_response_alg: algorithm,
    // The library has a clock of its own.
    [clockSkew]: Math.round((now.getTime() - Date.now()) / 1_000),
    [clockTolerance]: clockDifferenceS,
  };
  const client = new Configuration(server, appId, rules, ClientSecretPost(appSecret));
  client[customFetch] = fetch;
  client.timeout = patienceS;
  // The local Entra shows its page over plain http on this machine. What the bot itself asks is https: `Document`, `fetch`.
  if (server.authorization_endpoint?.startsWith('http:')) allowInsecureRequests(client);
  return client;
}
