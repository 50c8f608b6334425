/** Microsoft Graph for an administrator of applications: secrets, consent to application permissions, lists. */

import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import type { Call, Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { type FilterPart, readFilter } from '../lists.ts';
import type { ServicePrincipal } from '../state/principals.ts';
import { context, graphPage, graphRoute, groupBody, principalBody, requireObject, userBody } from './graph-objects.ts';

/** Application permissions by ID (Microsoft Graph permissions reference). */
const permissions: Readonly<Record<string, string>> = {
  '98830695-27a2-44f7-8c18-0c3ebc9698f6': 'GroupMember.Read.All',
  'df021288-bdef-4463-88db-98f22de89214': 'User.Read.All',
  '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30': 'Application.Read.All',
};

/** Microsoft Graph's service principal. Its app ID is the same in every tenant, its object ID isn't. */
const graphPrincipal = {
  id: '50000000-0000-4000-8000-0000000000a9',
  appId: '00000003-0000-0000-c000-000000000000',
  displayName: 'Microsoft Graph',
  servicePrincipalNames: ['00000003-0000-0000-c000-000000000000'],
  appRoles: Object.entries(permissions).map(([id, value]) => ({
    id,
    value,
    allowedMemberTypes: ['Application'],
    isEnabled: true,
  })),
} as const;

/** An app has one secret here. The hint is its first three characters, as in Entra ID. */
const applicationBody = ({ id, appId, displayName, secret, secretEndsAt }: ServicePrincipal) => ({
  id,
  appId,
  displayName,
  passwordCredentials:
    secret === null
      ? []
      : [{ keyId: id, displayName: null, hint: secret.slice(0, 3), secretText: null, endDateTime: secretEndsAt }],
});

const principalOf = (call: Call): ServicePrincipal =>
  requireObject(call, call.world.state.principals, ({ id }) => [id]);

const getServicePrincipal = (call: Call): Reply => {
  const found = requireObject<Body & { readonly id: string }>(call, principals(call), ({ id }) => [id]);
  return reply(200, { ...context(call, 'servicePrincipals/$entity'), ...found });
};

const AddPassword = z.object({
  passwordCredential: z.object({
    displayName: z.string().nullish(),
    endDateTime: z.iso.datetime({ offset: true }).optional(),
  }),
});

const yearMs = 365 * 86_400_000;

/** Shows the new secret once. Here it replaces the previous one. */
const addPassword = (call: Call): Reply => {
  const principal = principalOf(call);
  const { passwordCredential } = parseBody(AddPassword, call.incoming.body, 'Request_BadRequest');
  const end = passwordCredential.endDateTime ?? new Date(call.now.getTime() + 2 * yearMs).toISOString();
  principal.secret = randomBytes(24).toString('base64url');
  principal.secretEndsAt = new Date(end).toISOString();
  const hint = principal.secret.slice(0, 3);
  return reply(200, { keyId: randomUUID(), hint, secretText: principal.secret, endDateTime: principal.secretEndsAt });
};

const Assignment = z.object({ principalId: z.string(), resourceId: z.string(), appRoleId: z.string() });

const assignAppRole = (call: Call): Reply => {
  const principal = principalOf(call);
  const request = parseBody(Assignment, call.incoming.body, 'Request_BadRequest');
  const permission = permissions[request.appRoleId];
  if (request.resourceId !== graphPrincipal.id || permission === undefined) {
    throw Refusal.of(400, 'Request_BadRequest', 'Permission being assigned was not found on application.');
  }
  if (principal.graphPermissions.includes(permission)) {
    throw Refusal.of(400, 'Request_BadRequest', 'Permission being assigned already exists on the object.');
  }
  principal.graphPermissions.push(permission);
  return reply(201, { id: randomUUID(), ...request, principalDisplayName: principal.displayName });
};

/** Lists the granted permissions that have an ID here. */
const listAppRoles = (call: Call): Reply => {
  const principal = principalOf(call);
  const granted = Object.entries(permissions).filter(([, name]) => principal.graphPermissions.includes(name));
  const value = granted.map(([appRoleId]) => ({
    id: appRoleId,
    principalId: principal.id,
    principalDisplayName: principal.displayName,
    principalType: 'ServicePrincipal',
    resourceId: graphPrincipal.id,
    resourceDisplayName: graphPrincipal.displayName,
    appRoleId,
  }));
  return reply(200, { value });
};

/** The tenant's owner has all of these permissions. */
export const graphApplicationRoutes: readonly Route[] = [
  graphRoute('GET', '/v1.0/servicePrincipals/{id}', ['Application.Read.All'], getServicePrincipal),
  graphRoute('POST', '/v1.0/applications/{id}/addPassword', ['Application.ReadWrite.All'], addPassword),
  graphRoute('GET', '/v1.0/servicePrincipals/{id}/appRoleAssignments', ['Application.Read.All'], listAppRoles),
  graphRoute(
    'POST',
    '/v1.0/servicePrincipals/{id}/appRoleAssignments',
    ['AppRoleAssignment.ReadWrite.All'],
    assignAppRole,
  ),
];

type Body = Readonly<Record<string, unknown>>;

const unsupported = (filter: string): Refusal =>
  Refusal.of(400, 'Request_UnsupportedQuery', `Unsupported or invalid query filter clause specified: ${filter}.`);

const lower = (value: unknown): string => String(value ?? '').toLowerCase();

const quoted = "'((?:[^']|'')*)'";

/** The filters that Azure's own command line sends. */
const filters: readonly FilterPart<Body>[] = [
  [new RegExp(`^(\\w+)\\s+eq\\s+${quoted}$`, 'i'), (name, value) => (body) => lower(body[name]) === lower(value)],
  [
    new RegExp(`^startswith\\((\\w+),\\s*${quoted}\\)$`, 'i'),
    (name, start) => (body) => lower(body[name]).startsWith(lower(start)),
  ],
  [
    new RegExp(`^(\\w+)/any\\(\\w+:\\s*\\w+\\s+eq\\s+${quoted}\\)$`, 'i'),
    (name, item) => (body) => [body[name]].flat().some((one) => lower(one) === lower(item)),
  ],
];

const principals = ({ world }: Call) => [...world.state.principals.map(principalBody), graphPrincipal];

const kinds = {
  users: ({ world }: Call): readonly Body[] => world.state.users.map(userBody),
  groups: ({ world }: Call): readonly Body[] => world.state.groups.map(groupBody),
  servicePrincipals: principals,
  applications: ({ world }: Call): readonly Body[] =>
    world.state.principals.filter(({ kind }) => kind === 'Application').map(applicationBody),
};

const list =
  (kind: keyof typeof kinds) =>
  (call: Call): Reply =>
    graphPage(call, kind, kinds[kind](call).filter(readFilter(call, filters, unsupported)));

/** Lists, each with the least application permission that Microsoft Graph 1.0 documents. */
export const graphListRoutes: readonly Route[] = [
  graphRoute('GET', '/v1.0/users', ['User.Read.All'], list('users')),
  graphRoute('GET', '/v1.0/groups', ['GroupMember.Read.All'], list('groups')),
  graphRoute('GET', '/v1.0/applications', ['Application.Read.All'], list('applications')),
  graphRoute('GET', '/v1.0/servicePrincipals', ['Application.Read.All'], list('servicePrincipals')),
];
