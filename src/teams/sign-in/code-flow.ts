/**
 * Authorization code with PKCE (RFC 7636) at the tenant's authority. The flow and its checks are openid-client's: state,
 * `iss`, nonce, audience, times, algorithm. What is asked for is said here; the ID token's signature and Entra's own claims
 * are verify-token.ts's to check.
 */
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  calculatePKCECodeChallenge,
} from 'openid-client';
import { z } from 'zod';
import type { Authority } from './authority.ts';
import { AuthorityUnreachable, unreachable } from './https-fetch.ts';

/** The app people sign in to. */
export interface SignInApp {
  readonly appId: string;
  readonly appSecret: string;
  /** The bot's address for browsers, without a slash at its end. */
  readonly publicUrl: string;
}

export interface FlowTools {
  readonly app: SignInApp;
  readonly authority: Authority;
}

/** What one sign-in is known by. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A code turned into an ID token, or why not: Entra's own words, where it said any. */
export type Redeemed =
  | { readonly kind: 'redeemed'; readonly idToken: string }
  | { readonly kind: 'refused'; readonly why: string };

export const donePath = '/sign-in/done';
const scope = 'openid profile';

/**
 * Where the browser is sent. The context is asked for as Microsoft's "Conditional Access authentication context" guide
 * says, the time as OpenID Connect Core 5.5 does; `prompt=login` because a remembered session proves nothing.
 */
export async function authorizeUrl(
  { app, authority }: FlowTools,
  context: string,
  { state, nonce, verifier }: FlowSecrets,
): Promise<string> {
  const acrs = { essential: true, value: context };
  const asked = {
    response_mode: 'query',
    redirect_uri: `${app.publicUrl}${donePath}`,
    scope,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'login',
    claims: JSON.stringify({ id_token: { acrs, auth_time: { essential: true } } }),
  };
  return buildAuthorizationUrl(await authority.client(app), asked).href;
}

/** Takes what the browser came back with. Throws AuthorityUnreachable. */
export async function redeem(
  { app, authority }: FlowTools,
  query: URLSearchParams,
  { state, nonce, verifier }: FlowSecrets,
): Promise<Redeemed> {
  if (!query.has('code') && !query.has('error')) return refused('Entra sent no code.');
  const client = await authority.client(app);
  const back = new URL(`${app.publicUrl}${donePath}?${query}`);
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
  try {
    const { id_token: idToken } = await authorizationCodeGrant(client, back, checks, { scope });
    return idToken === undefined ? refused('Entra sent no ID token.') : { kind: 'redeemed', idToken };
  } catch (error) {
    return outcomeOf(error, client.serverMetadata().token_endpoint ?? '');
  }
}

const refused = (why: string): Redeemed => ({ kind: 'refused', why: why.slice(0, 300) });

const Refused = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

async function outcomeOf(error: unknown, tokenEndpoint: string): Promise<Redeemed> {
  if (error instanceof AuthorizationResponseError) return refused(error.error_description ?? error.error);
  const cause = error instanceof Error ? error.cause : undefined;
  // The library reads the words of a 4xx, and has them as cause; Entra has some for a 5xx as well.
  const said = cause instanceof Response ? await cause.json().catch(() => null) : cause;
  const words = Refused.safeParse(said).data;
  if (words !== undefined) return refused(words.error_description ?? words.error);
  if (cause instanceof AuthorityUnreachable || cause instanceof Response) throw unreachable(tokenEndpoint, error);
  if (!(error instanceof ClientError) || error.code === undefined) throw error;
  // Names the claim or parameter that is wrong, never what it says.
  return refused(cause instanceof Error ? cause.message : error.message);
}
