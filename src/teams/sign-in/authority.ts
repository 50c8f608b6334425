/** The tenant's Entra authority: where people sign in, and the keys its tokens are signed with. */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { AuthorityUnreachable, type HttpsCall, httpsCall } from './https-call.ts';

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
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly keys: JWTVerifyGetKey;
}

/** A code turned into an ID token, or Entra's words for why not. */
export type Redeemed =
  | { readonly kind: 'redeemed'; readonly idToken: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Everything here throws {@link AuthorityUnreachable} when the authority does not answer as one. */
export interface Authority {
  readonly tenantId: string;
  metadata(): Promise<Metadata>;
  redeem(form: Readonly<Record<string, string>>): Promise<Redeemed>;
}

/** OpenID Connect Discovery, as Entra serves it. The page people see may be elsewhere: only the browser goes there. */
const Document = z.object({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url({ protocol: /^https$/ }),
  jwks_uri: z.url({ protocol: /^https$/ }),
});
const Tokens = z.object({ id_token: z.string() });
const Refused = z.object({ error: z.string(), error_description: z.string().optional() });

/** How long endpoints and keys are believed. A key that is not among them is looked for at once, but not all the time. */
const documentLifeMs = 3_600_000;
const keysLifeMs = 600_000;
const askAgainAfterMs = 10_000;

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export function openAuthority({ host, tenantId, ca, now }: AuthorityOptions): Authority {
  const call = (asked: HttpsCall) => httpsCall(ca, asked);
  const url = `${host}/${tenantId}/v2.0/.well-known/openid-configuration`;
  let known: { readonly metadata: Metadata; readonly keysUrl: string; readonly until: number } | null = null;

  const keysAt = (keysUrl: string): JWTVerifyGetKey =>
    createRemoteJWKSet(new URL(keysUrl), {
      cacheMaxAge: keysLifeMs,
      cooldownDuration: askAgainAfterMs,
      [customFetch]: async (asked) => {
        const { status, body } = await call({ url: asked });
        if (status !== 200) throw new AuthorityUnreachable(`asking ${asked}: answered with ${status}`);
        return new Response(body, { status });
      },
    });

  async function metadata(): Promise<Metadata> {
    if (known !== null && now().getTime() < known.until) return known.metadata;
    const { status, body } = await call({ url });
    const read = Document.safeParse(json(body));
    if (status !== 200 || !read.success) throw new AuthorityUnreachable(`asking ${url}: answered with ${status}`);
    const { issuer, authorization_endpoint, token_endpoint, jwks_uri: keysUrl } = read.data;
    // Another host than the authority's may be named, as in China; never another tenant, nor all of them.
    if (!issuer.endsWith(`/${tenantId}/v2.0`)) throw new AuthorityUnreachable(`asking ${url}: it is about ${issuer}`);
    const keys = known?.keysUrl === keysUrl ? known.metadata.keys : keysAt(keysUrl);
    const found = { issuer, authorizationEndpoint: authorization_endpoint, tokenEndpoint: token_endpoint, keys };
    known = { metadata: found, keysUrl, until: now().getTime() + documentLifeMs };
    return found;
  }

  return {
    tenantId,
    metadata,
    async redeem(form) {
      const { tokenEndpoint } = await metadata();
      const { status, body } = await call({ url: tokenEndpoint, form });
      const tokens = Tokens.safeParse(json(body));
      if (status === 200 && tokens.success) return { kind: 'redeemed', idToken: tokens.data.id_token };
      const refused = Refused.safeParse(json(body));
      if (refused.success) return { kind: 'refused', why: refused.data.error_description ?? refused.data.error };
      throw new AuthorityUnreachable(`asking ${tokenEndpoint}: answered with ${status}`);
    },
  };
}
