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
import { label } from '../cards/plain-text.ts';
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

/**
 * A code turned into an ID token, or why not in words of ours. `said`: what came over the address or the wire with it, which
 * anybody may have written: for the log, never for a page.
 */
export type Redeemed =
  | { readonly kind: 'redeemed'; readonly idToken: string }
  | { readonly kind: 'refused'; readonly why: string; readonly said: string | null };

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

const refused = (why: string, said: string | null = null): Redeemed => ({
  kind: 'refused',
  why: why.slice(0, 300),
  said,
});

/** The error codes of OAuth 2.0 (RFC 6749) and OpenID Connect Core that a person can do something about. */
const knownErrors: Readonly<Record<string, string>> = {
  access_denied: 'Microsoft Entra did not let you in, or you went back.',
  login_required: 'Microsoft Entra wants you to sign in again.',
  interaction_required: 'Microsoft Entra wants something of you that it did not get.',
  consent_required: 'An administrator has to consent to the app that people sign in to.',
  invalid_grant: 'The sign-in took too long, or was used already.',
  temporarily_unavailable: 'Microsoft Entra is busy. Try again in a minute.',
  server_error: 'Microsoft Entra had a problem of its own. Try again in a minute.',
};

/** A code that is not known may be anything: it is not repeated. */
function refusedBy({ error, error_description: description }: z.infer<typeof Refused>): Redeemed {
  const words = Object.hasOwn(knownErrors, error) ? knownErrors[error] : undefined;
  const said = label(`${error}: ${description ?? ''}`);
  return refused(words ?? 'Microsoft Entra refused. An operator finds its words in the log.', said);
}

const Refused = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

async function outcomeOf(error: unknown, tokenEndpoint: string): Promise<Redeemed> {
  if (error instanceof AuthorizationResponseError) return refusedBy(error);
  const cause = error instanceof Error ? error.cause : undefined;
  // The library reads the words of a 4xx, and has them as cause; Entra has some for a 5xx as well.
  const said = cause instanceof Response ? await cause.json().catch(() => null) : cause;
  const words = Refused.safeParse(said).data;
  if (words !== undefined) return refusedBy(words);
  if (cause instanceof AuthorityUnreachable || cause instanceof Response) throw unreachable(tokenEndpoint, error);
  if (!(error instanceof ClientError) || error.code === undefined) throw error;
  // Names the claim or parameter that is wrong, never what it says.
  return refused(cause instanceof Error ? cause.message : error.message);
}
