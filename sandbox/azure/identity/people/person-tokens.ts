import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../../http.ts';
import { type Incoming, parseBody } from '../../http/incoming.ts';
import type { Call } from '../../http/router.ts';
import type { Grant, PersonSignIn, World } from '../../world.ts';
import { entraRefusal, requireSecret, requireTenant } from '../entra-refusal.ts';

/** A version 2 token of the tenant, with the claims of Microsoft's references of ID and access tokens. */
function personToken(
  { signingKey, state, url }: World,
  audience: string,
  { userId, at, contexts, methods }: PersonSignIn,
  more: Readonly<Record<string, unknown>>,
  now: Date,
): Promise<string> {
  const claims = {
    tid: state.tenantId,
    oid: userId,
    sub: createHash('sha256').update(`${audience} ${userId}`).digest('base64url'),
    auth_time: Math.floor(at.getTime() / 1000),
    ...(contexts.length === 0 ? {} : { acrs: contexts }),
    amr: methods,
    ver: '2.0',
    uti: randomBytes(16).toString('base64url'),
    ...more,
  };
  return signingKey.sign(claims, `${url}/${state.tenantId}/v2.0`, audience, state.settings.tokenSeconds.person, now);
}

/** Redeems a code. A code that was presented can't be used again, even after a failure. */
function takeGrant({ grants }: World, code: string, now: Date): Grant | null {
  const grant = grants.get(code) ?? null;
  grants.delete(code);
  return grant !== null && grant.expiresAt > now ? grant : null;
}

const Redemption = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string(),
});

const badGrant = (number: number, text: string) => entraRefusal(400, 'invalid_grant', number, text);

/** `grant_type=authorization_code`: exchanges a code for an ID token, once, and only for the app that requested it. */
export async function redeemCode(call: Call): Promise<Reply> {
  requireTenant(call);
  const request = parseBody(Redemption, call.incoming.body, 'invalid_request');
  requireSecret(call, request.client_id, request.client_secret);
  const grant = takeGrant(call.world, request.code, call.now);
  if (grant === null || grant.clientId !== request.client_id)
    throw badGrant(70008, 'The provided authorization code or refresh token has expired or was used before.');
  if (grant.redirectUri !== request.redirect_uri)
    throw badGrant(500112, 'The reply address does not match the reply address provided when requesting the code.');
  if (createHash('sha256').update(request.code_verifier).digest('base64url') !== grant.challenge)
    throw badGrant(
      501481,
      'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    );
  const seconds = call.world.state.settings.tokenSeconds.person;
  const more = grant.nonce === '' ? {} : { nonce: grant.nonce };
  const idToken = await personToken(call.world, grant.clientId, grant.signIn, more, call.now);
  return reply(200, {
    token_type: 'Bearer',
    scope: 'openid profile',
    expires_in: seconds,
    ext_expires_in: seconds,
    // RFC 6749, 5.1 requires one. Entra ID's is for Microsoft Graph; this one is not valid anywhere.
    access_token: randomBytes(32).toString('base64url'),
    id_token: idToken,
  });
}

const Wanted = z.strictObject({ personId: z.string(), resource: z.string() });

const morningMs = 4 * 3_600_000;

/** Returns the person's Teams session. The default is a password sign-in four hours ago. */
function sessionOf({ state }: World, userId: string, now: Date): PersonSignIn {
  const session = state.teamsSessions.find((one) => one.userId === userId);
  if (session !== undefined) return { ...session, at: new Date(session.signedInAt) };
  return { userId, at: new Date(now.getTime() - morningMs), contexts: [], methods: ['pwd'] };
}

/**
 * `POST /simulator/teams-token`: the token that a Teams client gets for an app without asking the person.
 * In a real tenant, the client uses its own sign-in; here the Teams simulator is trusted.
 */
export async function issueTeamsToken(world: World, { body }: Incoming): Promise<Reply> {
  const { personId, resource } = parseBody(Wanted, body, 'BadRequest');
  const appId = /^api:\/\/botid-(.+)$/.exec(resource)?.[1];
  const { state } = world;
  const known = state.principals.some((one) => one.appId === appId) && state.users.some((one) => one.id === personId);
  if (appId === undefined || !known) throw Refusal.of(400, 'BadRequest', 'There is no such app, or no such person.');
  const now = new Date();
  const session = sessionOf(world, personId, now);
  const token = await personToken(world, appId, session, { scp: 'access_as_user' }, now);
  return reply(200, { token });
}
