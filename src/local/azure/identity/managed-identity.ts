import { Refusal, type Reply, reply } from '../http/reply.ts';
import type { Call, Route } from '../http/router.ts';
import { audiencesOf } from './audiences.ts';
import { tokenSeconds } from './tokens.ts';

/** The principal the managed identity endpoints answer for: the bot's own. */
export const hostPrincipalId = '50000000-0000-4000-8000-000000000002';

const badRequest = (description: string): Refusal =>
  new Refusal(reply(400, { error: 'invalid_request', error_description: description }));

const tokenForHost = async (call: Call): Promise<Reply> => {
  const resource = call.incoming.query.get('resource') ?? '';
  if (audiencesOf(resource, call.world.port).length === 0) {
    throw badRequest(`The resource '${resource}' was not found in the tenant.`);
  }
  const principal = call.world.state.principals.find((one) => one.id === hostPrincipalId);
  const clientId = call.incoming.query.get('client_id') ?? principal?.appId;
  if (principal === undefined || clientId !== principal.appId) throw badRequest('Identity not found');
  const caller = { principalId: principal.id, appId: principal.appId };
  const expiresOn = Math.floor(call.now.getTime() / 1000) + tokenSeconds;
  return reply(200, {
    access_token: await call.world.tokens.issue(resource.replace(/\/$/, ''), caller, call.now),
    client_id: principal.appId,
    expires_in: String(tokenSeconds),
    expires_on: String(expiresOn),
    not_before: String(expiresOn - tokenSeconds),
    resource,
    token_type: 'Bearer',
  });
};

/** App Service and Container Apps: `IDENTITY_ENDPOINT` with the secret of `IDENTITY_HEADER` in `x-identity-header`. */
const appServiceToken = (call: Call): Promise<Reply> => {
  if (call.incoming.headers['x-identity-header'] === undefined) throw badRequest('x-identity-header is missing.');
  return tokenForHost(call);
};

/** Virtual machines: the instance metadata service wants `Metadata: true`, so that no browser can be talked into asking. */
const instanceMetadataToken = (call: Call): Promise<Reply> => {
  if (call.incoming.headers.metadata !== 'true') throw badRequest('Required metadata header not specified');
  return tokenForHost(call);
};

export const managedIdentityRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/msi/token',
    audience: 'open',
    versions: ['2019-08-01'],
    action: null,
    handle: appServiceToken,
  },
  {
    method: 'GET',
    pattern: '/metadata/identity/oauth2/token',
    audience: 'open',
    versions: ['2018-02-01', '2019-08-01', '2021-02-01'],
    action: null,
    handle: instanceMetadataToken,
  },
];
