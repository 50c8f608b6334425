import { z } from 'zod';
import { type Refusal, type Reply, reply } from '../../http.ts';
import { parseBody } from '../http/incoming.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { entraRefusal, namesNoTenant, requireSecret, requireTenant } from './entra-refusal.ts';
import { authorizeRoutes } from './people/authorize.ts';
import { redeemCode } from './people/person-tokens.ts';
import { audiencesOf, issueToken } from './tokens.ts';

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
  const message = `The resource principal named ${resource} was not found in the tenant.`;
  throw entraRefusal(400, 'invalid_resource', 500011, message);
};

const grantToken = async (call: Call): Promise<Reply> => {
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
  const issued = { seconds, graphPermissions: principal.graphPermissions };
  const token = await issueToken(call.world, resource, caller, issued, call.now);
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

const endpoints = [
  ...['portal', 'gallery', 'graph', 'graphAudience', 'resourceManager', 'microsoftGraphResourceId', 'media', 'batch'],
  ...['sqlManagement', 'vmImageAliasDoc', 'activeDirectoryDataLake'],
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
  ...authorizeRoutes,
  open('GET', '/{tenant}/discovery/v2.0/keys', publishKeys),
  open('GET', '/{tenant}/v2.0/.well-known/openid-configuration', openIdConfiguration),
  open('POST', '/{tenant}/oauth2/v2.0/token', grantToken),
  open('GET', '/metadata/endpoints', cloudMetadata),
];
