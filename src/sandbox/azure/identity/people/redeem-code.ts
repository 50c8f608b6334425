import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseBody } from '../../http/incoming.ts';
import { type Reply, reply } from '../../http/reply.ts';
import type { Call } from '../../http/router.ts';
import { entraRefusal, requireSecret, requireTenant } from '../entra-refusal.ts';

const Redemption = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string(),
});

const badGrant = (number: number, text: string) => entraRefusal(400, 'invalid_grant', number, text);

/** `grant_type=authorization_code`: a code for an ID token, once, to the app that asked and nobody else. */
export async function redeemCode(call: Call): Promise<Reply> {
  const tenantId = requireTenant(call);
  const asked = parseBody(Redemption, call.incoming.body, 'invalid_request');
  requireSecret(call, asked.client_id, asked.client_secret);
  const grant = call.world.signIns.takeGrant(asked.code, call.now);
  if (grant === null || grant.clientId !== asked.client_id)
    throw badGrant(70008, 'The provided authorization code or refresh token has expired or was used before.');
  if (grant.redirectUri !== asked.redirect_uri)
    throw badGrant(500112, 'The reply address does not match the reply address provided when requesting the code.');
  if (createHash('sha256').update(asked.code_verifier).digest('base64url') !== grant.challenge)
    throw badGrant(
      501481,
      'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    );
  const seconds = call.world.state.settings.tokenSeconds.person;
  const issuer = { url: call.world.url, tenantId, seconds };
  const more = grant.nonce === '' ? {} : { nonce: grant.nonce };
  const idToken = await call.world.signIns.token(issuer, grant.clientId, grant.signIn, more, call.now);
  return reply(200, {
    token_type: 'Bearer',
    scope: 'openid profile',
    expires_in: seconds,
    ext_expires_in: seconds,
    // RFC 6749, 5.1 requires one. Entra's is for Microsoft Graph; this opens nothing.
    access_token: randomBytes(32).toString('base64url'),
    id_token: idToken,
  });
}
