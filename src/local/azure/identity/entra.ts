import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { type Refusal, type Reply, reply } from '../http/reply.ts';
import type { Call, Route } from '../http/router.ts';
import { audiencesOf } from './audiences.ts';
import { requireSecret } from './client-secret.ts';
import { entraRefusal, requireTenant } from './entra-refusal.ts';
import { authorizeRoutes } from './people/authorize.ts';
import { redeemCode } from './people/redeem-code.ts';
import { tokenSeconds } from './tokens.ts';

const openIdConfiguration = (call: Call): Reply => {
  const base = `${call.world.url}/${requireTenant(call)}`;
  return reply(200, {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${call.world.signInUrl ?? call.world.url}/${requireTenant(call)}/oauth2/v2.0/authorize`,
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

const Grant = z.object({ grant_type: z.string() });
const TokenRequest = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  scope: z.string(),
});

const unsupportedGrant = (grant: string): Refusal =>
  entraRefusal(400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`);

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
  const asked = parseBody(TokenRequest, call.incoming.body, 'invalid_request');
  const principal = requireSecret(call, asked.client_id, asked.client_secret);
  const resource = requireResource(asked.scope, call.world.port);
  const caller = { principalId: principal.id, appId: principal.appId };
  const token = await call.world.tokens.issue(resource, caller, call.now);
  return reply(200, {
    token_type: 'Bearer',
    expires_in: tokenSeconds,
    ext_expires_in: tokenSeconds,
    access_token: token,
  });
};

const publishKeys = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  return reply(200, await call.world.signIns.publicKeys());
};

export const entraRoutes: readonly Route[] = [
  ...authorizeRoutes,
  {
    method: 'GET',
    pattern: '/{tenant}/discovery/v2.0/keys',
    audience: 'open',
    versions: [],
    action: null,
    handle: publishKeys,
  },
  {
    method: 'GET',
    pattern: '/{tenant}/v2.0/.well-known/openid-configuration',
    audience: 'open',
    versions: [],
    action: null,
    handle: openIdConfiguration,
  },
  {
    method: 'POST',
    pattern: '/{tenant}/oauth2/v2.0/token',
    audience: 'open',
    versions: [],
    action: null,
    handle: issueToken,
  },
];
