import { sameId } from '../arm/ids.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import type { Call, Route } from '../http/router.ts';
import type { SimulatorState } from '../state/schema.ts';
import { audiencesOf } from './tokens.ts';

interface HostIdentity {
  readonly principalId: string;
  readonly clientId: string;
  /** The ARM ID of a user-assigned identity. */
  readonly id: string | null;
}

/** Identities that the machine can sign in with, the system-assigned one first. */
const hostIdentities = ({ host, principals, userAssignedIdentities }: SimulatorState): readonly HostIdentity[] => [
  ...principals
    .filter((one) => one.id === host.systemAssigned)
    .map((one) => ({ principalId: one.id, clientId: one.appId, id: null })),
  ...userAssignedIdentities.filter((one) => host.userAssigned.some((id) => sameId(id, one.id))),
];

/** Query parameters that select an identity, with the field they match (Microsoft's references of both endpoints). */
const naming: Readonly<Record<string, (identity: HostIdentity) => string | null>> = {
  client_id: ({ clientId }) => clientId,
  object_id: ({ principalId }) => principalId,
  principal_id: ({ principalId }) => principalId,
  mi_res_id: ({ id }) => id,
  msi_res_id: ({ id }) => id,
};

/** Returns the named identity; or else the system-assigned one, or the only one. */
const identityAsked = ({ incoming, world }: Call): HostIdentity | undefined => {
  const all = hostIdentities(world.state);
  const named = Object.entries(naming).find(([name]) => incoming.query.has(name));
  if (named === undefined) return all.find(({ id }) => id === null) ?? (all.length === 1 ? all[0] : undefined);
  const [name, of] = named;
  const wanted = incoming.query.get(name) ?? '';
  return all.find((one) => sameId(of(one) ?? '', wanted) && wanted !== '');
};

const badRequest = (error: string, description: string): Refusal =>
  new Refusal(reply(400, { error, error_description: description }));

const tokenFor = async (call: Call, notFound: Refusal): Promise<Reply> => {
  const { world, now, incoming } = call;
  const resource = incoming.query.get('resource') ?? '';
  // Both texts are from memory.
  if (resource === '') throw badRequest('invalid_request', 'Required audience parameter not specified');
  const identity = identityAsked(call);
  if (identity === undefined) throw notFound;
  if (audiencesOf(resource, world.port).length === 0) {
    const text = `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`;
    throw badRequest('invalid_resource', text);
  }
  const seconds = world.state.settings.tokenSeconds.managedIdentity;
  const caller = { principalId: identity.principalId, appId: identity.clientId };
  const graphPermissions = world.state.principals.find(({ id }) => id === identity.principalId)?.graphPermissions ?? [];
  const issued = { seconds, by: 'managed-identity', identityId: identity.id, graphPermissions } as const;
  const notBefore = Math.floor(now.getTime() / 1000);
  return reply(200, {
    access_token: await world.tokens.issue(resource, caller, issued, now),
    client_id: identity.clientId,
    expires_in: String(seconds),
    expires_on: String(notBefore + seconds),
    not_before: String(notBefore),
    resource,
    token_type: 'Bearer',
  });
};

/**
 * App Service and Container Apps: `IDENTITY_ENDPOINT` with the secret of `IDENTITY_HEADER` in `x-identity-header`.
 * The answer for an unknown identity is in the tests of Microsoft's own clients.
 */
const appServiceToken = (call: Call): Promise<Reply> => {
  if (call.incoming.headers['x-identity-header'] === undefined) {
    throw badRequest('invalid_request', 'x-identity-header is missing.');
  }
  const message = 'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.';
  return tokenFor(call, new Refusal(reply(400, { statusCode: 400, message })));
};

/**
 * Virtual machines: the instance metadata service requires `Metadata: true`, so that no web page can call it.
 * The answer for an unknown identity is real (public reports).
 */
const instanceMetadataToken = (call: Call): Promise<Reply> => {
  if (call.incoming.headers.metadata !== 'true') {
    throw badRequest('invalid_request', 'Required metadata header not specified');
  }
  return tokenFor(call, badRequest('invalid_request', 'Identity not found'));
};

const open = { method: 'GET', audience: 'open', action: null } as const;

export const managedIdentityRoutes: readonly Route[] = [
  { ...open, pattern: '/msi/token', versions: ['2019-08-01'], handle: appServiceToken },
  {
    ...open,
    pattern: '/metadata/identity/oauth2/token',
    versions: ['2018-02-01', '2019-08-01', '2021-02-01'],
    handle: instanceMetadataToken,
  },
];
