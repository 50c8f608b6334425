/** Claims of the bot's own access tokens. */
import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';
import { jsonIn } from '../connection/exchange.ts';

const id = z.string().toLowerCase();

/** Claims of version 1 tokens, which Azure's own services get (Microsoft's reference of access token claims). */
const Claims = z.object({
  oid: id,
  appid: id.nullish().transform((value) => value ?? null),
  tid: id.nullish().transform((value) => value ?? null),
  /** Application permissions, in tokens for the service that has them. */
  roles: z.array(z.string()).default([]),
});
type TokenClaims = z.output<typeof Claims>;

/**
 * Returns the claims of an access token; null: unreadable. The signature isn't verified: the token was issued to the bot
 * itself.
 */
const claimsIn = (token: string): TokenClaims | null => Claims.safeParse(payloadOf(token)).data ?? null;

const payloadOf = (token: string): unknown =>
  jsonIn(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));

/** Null: no token. Throws if the sign-in is refused. */
export async function claimsFor(credential: TokenCredential, scope: string): Promise<TokenClaims | null> {
  const token = await credential.getToken(scope);
  return token === null ? null : claimsIn(token.token);
}

export const ownIdOf = (credential: TokenCredential, scope: string): Promise<string | null> =>
  claimsFor(credential, scope).then(
    (claims) => claims?.oid ?? null,
    () => null,
  );
