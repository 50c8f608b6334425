/** Who the bot itself is, as its own token tells: nothing is decided by it, it serves words. */
import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';

const id = z.string().toLowerCase();

/** Of version 1 tokens, which is what Azure's own services get (Microsoft's reference of access token claims). */
const Claims = z.object({
  /** The identity's object id. */
  oid: id,
  /** Its app or client id. */
  appid: id.nullish().transform((value) => value ?? null),
  /** The tenant that signed it in. */
  tid: id.nullish().transform((value) => value ?? null),
  /** Application permissions, in tokens for the service that has them. */
  roles: z.array(z.string()).default([]),
});
export type TokenClaims = z.output<typeof Claims>;

/** The claims of an access token; null where it does not say. Its signature is not looked at: it was given to the bot itself. */
export function claimsIn(token: string): TokenClaims | null {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return Claims.parse(JSON.parse(claims));
  } catch {
    return null;
  }
}

/** What the identity's token for a scope says of it; null where it says nothing. Throws where signing in is refused. */
export async function claimsFor(credential: TokenCredential, scope: string): Promise<TokenClaims | null> {
  const token = await credential.getToken(scope);
  return token === null ? null : claimsIn(token.token);
}

/** Null: it cannot sign in, or the token says nothing. */
export const ownIdOf = (credential: TokenCredential, scope: string): Promise<string | null> =>
  claimsFor(credential, scope).then(
    (claims) => claims?.oid ?? null,
    () => null,
  );
