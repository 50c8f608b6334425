/** Microsoft Entra ID: tokens for programs and people, and the addresses and keys that clients read. */

import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { type Call, param, type Route } from '../http.ts';
import { type Incoming, parseBody } from '../incoming.ts';
import type { World } from '../world.ts';
import { entraRefusal, namesNoTenant, requireSecret, requireTenant } from './entra-requests.ts';
import { type PersonSignIn, personToken, takeGrant } from './person-tokens.ts';
import { choose, show } from './sign-in-page.ts';
import { audiencesOf, issueToken } from './tokens.ts';

const Redemption = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string(),
});

const badGrant = (number: number, text: string) => entraRefusal(400, 'invalid_grant', number, text);

/** `grant_type=authorization_code`: exchanges a code for an ID token, once, and only for the app that requested it. */
async function redeemCode(call: Call): Promise<Reply> {
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

const addressesOf = (call: Call) => {
  const tenant = namesNoTenant(call) ? param(call, 'tenant') : requireTenant(call);
  return { base: `${call.world.url}/${tenant}`, pages: `${call.world.signInUrl ?? call.world.url}/${tenant}` };
};

/** OpenID configuration of version 2 tokens. Without a tenant, the issuer is a pattern, as in Entra ID. */
const openIdConfiguration = (call: Call): Reply => {
  const { base, pages } = addressesOf(call);
  return reply(200, {
    issuer: `${call.world.url}/${namesNoTenant(call) ? '{tenantid}' : requireTenant(call)}/v2.0`,
    authorization_endpoint: `${pages}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    response_types_supported: ['code', 'id_token', 'token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    tenant_region_scope: 'EU',
    cloud_instance_name: new URL(call.world.url).host,
  });
};

const GrantType = z.object({ grant_type: z.string() });
const TokenRequest = z.object({ client_id: z.string(), client_secret: z.string().optional(), scope: z.string() });

const unsupportedGrant = (grant: string): Refusal =>
  entraRefusal(400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`);

/** An application must name a tenant (from memory). */
const noTenant = (): Refusal =>
  entraRefusal(
    400,
    'invalid_request',
    50059,
    'No tenant-identifying information found in either the request or implied by any provided credentials.',
  );

const requireResource = (scope: string, port: number): string => {
  const wanted = scope.split(' ').find((part) => part.endsWith('/.default'));
  if (wanted === undefined) {
    throw entraRefusal(400, 'invalid_scope', 1002012, `The provided value for scope ${scope} is not valid.`);
  }
  const resource = wanted.slice(0, -'/.default'.length);
  if (audiencesOf(resource, port).length > 0) return resource;
  const message = `The resource principal named ${resource} was not found in the tenant.`;
  throw entraRefusal(400, 'invalid_resource', 500011, message);
};

const grantToken = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  const { grant_type: grant } = parseBody(GrantType, call.incoming.body, 'invalid_request');
  if (grant === 'authorization_code') return redeemCode(call);
  if (grant !== 'client_credentials') throw unsupportedGrant(grant);
  if (namesNoTenant(call)) throw noTenant();
  const request = parseBody(TokenRequest, call.incoming.body, 'invalid_request');
  const principal = requireSecret(call, request.client_id, request.client_secret);
  const resource = requireResource(request.scope, call.world.port);
  const caller = { principalId: principal.id, appId: principal.appId };
  const seconds = call.world.state.settings.tokenSeconds.application;
  const issued = { seconds, graphPermissions: principal.graphPermissions };
  const token = await issueToken(call.world, resource, caller, issued, call.now);
  return reply(200, { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token });
};

const publishKeys = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  return reply(200, await call.world.signingKey.published());
};

const endpoints = [
  'portal',
  'gallery',
  'graph',
  'graphAudience',
  'resourceManager',
  'microsoftGraphResourceId',
  'media',
  'batch',
  'sqlManagement',
  'vmImageAliasDoc',
  'activeDirectoryDataLake',
];

/** Answers with the cloud's addresses, which command line clients read. */
const cloudMetadata = (call: Call): Reply => {
  const { url, port, state } = call.world;
  return reply(200, {
    name: 'Local Azure',
    ...Object.fromEntries(endpoints.map((name) => [name, url])),
    authentication: {
      loginEndpoint: url,
      audiences: [url, 'https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: state.tenantId,
      identityProvider: 'AAD',
    },
    suffixes: {
      keyVaultDns: `vault.localhost:${port}`,
      mhsmDns: `managedhsm.localhost:${port}`,
      storage: `storage.localhost:${port}`,
      sqlServerHostname: `database.localhost:${port}`,
      acrLoginServer: `registry.localhost:${port}`,
      azureDataLakeStoreFileSystem: `datalake.localhost:${port}`,
      azureDataLakeAnalyticsCatalogAndJob: `analytics.localhost:${port}`,
    },
  });
};

const open = (method: string, pattern: string, handle: Route['handle']): Route => ({
  method,
  pattern,
  audience: 'open',
  versions: [],
  action: null,
  handle,
});

export const entraRoutes: readonly Route[] = [
  open('GET', '/{tenant}/oauth2/v2.0/authorize', show),
  open('POST', '/{tenant}/oauth2/v2.0/authorize', choose),
  open('GET', '/{tenant}/discovery/v2.0/keys', publishKeys),
  open('GET', '/{tenant}/v2.0/.well-known/openid-configuration', openIdConfiguration),
  open('POST', '/{tenant}/oauth2/v2.0/token', grantToken),
  open('GET', '/metadata/endpoints', cloudMetadata),
];
