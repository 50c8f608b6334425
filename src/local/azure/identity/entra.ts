import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseBody } from '../http/incoming.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { audiencesOf } from './audiences.ts';
import { tokenSeconds } from './tokens.ts';

/** Entra's error body and its AADSTS numbers and texts, as its public error reference lists them. */
const entraRefusal = (status: number, error: string, number: number, text: string): Refusal => {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = new Date()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  return new Refusal(
    reply(status, {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
    }),
  );
};

const requireTenant = (call: Call): string => {
  const { tenantId } = call.world.state;
  if (param(call, 'tenant').toLowerCase() === tenantId) return tenantId;
  throw entraRefusal(
    400,
    'invalid_tenant',
    90002,
    `Tenant '${param(call, 'tenant')}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
  );
};

const openIdConfiguration = (call: Call): Reply => {
  const base = `${call.world.url}/${requireTenant(call)}`;
  return reply(200, {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
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

const TokenRequest = z.object({
  grant_type: z.string(),
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
  const tenantId = requireTenant(call);
  const asked = parseBody(TokenRequest, call.incoming.body, 'invalid_request');
  if (asked.grant_type !== 'client_credentials') throw unsupportedGrant(asked.grant_type);
  const principal = call.world.state.principals.find((one) => one.appId === asked.client_id);
  if (principal === undefined || principal.kind !== 'Application') {
    throw entraRefusal(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${asked.client_id}' was not found in the directory '${tenantId}'.`,
    );
  }
  if (principal.secret === null || principal.secret !== asked.client_secret) {
    throw entraRefusal(401, 'invalid_client', 7000215, `Invalid client secret provided for app '${asked.client_id}'.`);
  }
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

export const entraRoutes: readonly Route[] = [
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
