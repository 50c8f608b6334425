/**
 * Authorization code flow with PKCE (RFC 7636) at the tenant's authority. openid-client implements it and checks
 * state, `iss`, nonce, audience, times and algorithm. This file builds the request; verify-token.ts checks the ID
 * token's signature and Entra ID's own claims.
 */

import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  calculatePKCECodeChallenge,
} from 'openid-client';
import { z } from 'zod';
import { signInWords } from '../../text/pages.ts';
import { label } from '../cards/plain-text.ts';
import { type Authority, AuthorityUnreachable, unreachable } from './authority.ts';

interface SignInApp {
  readonly appId: string;
  readonly appSecret: string;
  /** The bot's address for browsers, without a trailing slash. */
  readonly publicUrl: string;
}

export interface FlowTools {
  readonly app: SignInApp;
  readonly authority: Authority;
}

export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/**
 * An ID token, or why there is none.
 * `why` is the bot's own text. `said` came from outside and could be written by anyone: it is for the log, never for a
 * page.
 */
type Redeemed =
  | { readonly kind: 'redeemed'; readonly idToken: string }
  | { readonly kind: 'refused'; readonly why: string; readonly said: string | null };

export const donePath = '/sign-in/done';
const scope = 'openid profile';

/**
 * Returns the address of the sign-in page.
 * The context is requested as in Microsoft's "Conditional Access authentication context" guide, the time as in OpenID
 * Connect Core 5.5. `prompt=login`, because an existing session proves nothing.
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

/** Redeems the code from the browser's redirect. Throws AuthorityUnreachable. */
export async function redeem(
  { app, authority }: FlowTools,
  query: URLSearchParams,
  { state, nonce, verifier }: FlowSecrets,
): Promise<Redeemed> {
  if (!query.has('code') && !query.has('error')) return notRedeemed(signInWords.missing.code);
  const client = await authority.client(app);
  const back = new URL(`${app.publicUrl}${donePath}?${query}`);
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
  try {
    const { id_token: idToken } = await authorizationCodeGrant(client, back, checks, { scope });
    return idToken === undefined ? notRedeemed(signInWords.missing.idToken) : { kind: 'redeemed', idToken };
  } catch (error) {
    return outcomeOf(error, client.serverMetadata().token_endpoint ?? '');
  }
}

const notRedeemed = (why: string, said: string | null = null): Redeemed => ({
  kind: 'refused',
  why: why.slice(0, 300),
  said,
});

const refusedBy = ({ error, error_description: description }: z.infer<typeof Refused>): Redeemed =>
  notRedeemed(signInWords.error(error), label(`${error}: ${description ?? ''}`));

const Refused = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

async function outcomeOf(error: unknown, tokenEndpoint: string): Promise<Redeemed> {
  if (error instanceof AuthorizationResponseError) return refusedBy(error);
  const cause = error instanceof Error ? error.cause : undefined;
  // The library parses the error of a 4xx and sets it as cause; Entra ID has one for a 5xx too.
  const said = cause instanceof Response ? await cause.json().catch(() => null) : cause;
  const words = Refused.safeParse(said).data;
  if (words !== undefined) return refusedBy(words);
  if (cause instanceof AuthorityUnreachable || cause instanceof Response) throw unreachable(tokenEndpoint, error);
  if (!(error instanceof ClientError) || error.code === undefined) throw error;
  // Names the invalid claim or parameter, never its value.
  return notRedeemed(cause instanceof Error ? cause.message : error.message);
}
