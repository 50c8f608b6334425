import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { type Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { entraRefusal, namesNoTenant, requireSecret, requireTenant } from './entra-refusal.ts';
import { authorizeRoutes } from './people/authorize.ts';
import { redeemCode } from './people/redeem-code.ts';
import { audiencesOf } from './tokens.ts';

const addressesOf = (call: Call) => {
  const tenant = namesNoTenant(call) ? param(call, 'tenant') : requireTenant(call);
  return { base: `${call.world.url}/${tenant}`, pages: `${call.world.signInUrl ?? call.world.url}/${tenant}` };
};

const signing = {
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  response_types_supported: ['code', 'id_token', 'token'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  tenant_region_scope: 'EU',
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
    ...signing,
    cloud_instance_name: new URL(call.world.url).host,
  });
};

/** OpenID configuration of version 1 tokens, which Azure's own services get. They verify against this issuer. */
const firstOpenIdConfiguration = (call: Call): Reply => {
  const { base } = addressesOf(call);
  return reply(200, {
    issuer: call.world.tokens.issuer,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/keys`,
    ...signing,
  });
};

const Grant = z.object({ grant_type: z.string() });
const TokenRequest = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  scope: z.string(),
});

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
  throw entraRefusal(
    400,
    'invalid_resource',
    500011,
    `The resource principal named ${resource} was not found in the tenant.`,
  );
};

const issueToken = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  const { grant_type: grant } = parseBody(Grant, call.incoming.body, 'invalid_request');
  if (grant === 'authorization_code') return redeemCode(call);
  if (grant !== 'client_credentials') throw unsupportedGrant(grant);
  if (namesNoTenant(call)) throw noTenant();
  const request = parseBody(TokenRequest, call.incoming.body, 'invalid_request');
  const principal = requireSecret(call, request.client_id, request.client_secret);
  const resource = requireResource(request.scope, call.world.port);
  const caller = { principalId: principal.id, appId: principal.appId };
  const seconds = call.world.state.settings.tokenSeconds.application;
  const token = await call.world.tokens.issue(
    resource,
    caller,
    { seconds, graphPermissions: principal.graphPermissions },
    call.now,
  );
  return reply(200, {
    token_type: 'Bearer',
    expires_in: seconds,
    ext_expires_in: seconds,
    access_token: token,
  });
};

const publishKeys = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  return reply(200, await call.world.signingKey.published());
};

const open = (method: string, tail: string, handle: Route['handle']): Route => ({
  method,
  pattern: `/{tenant}${tail}`,
  audience: 'open',
  versions: [],
  action: null,
  handle,
});

export const entraRoutes: readonly Route[] = [
  ...authorizeRoutes,
  open('GET', '/discovery/keys', publishKeys),
  open('GET', '/discovery/v2.0/keys', publishKeys),
  open('GET', '/.well-known/openid-configuration', firstOpenIdConfiguration),
  open('GET', '/v2.0/.well-known/openid-configuration', openIdConfiguration),
  open('POST', '/oauth2/v2.0/token', issueToken),
];
