/** Microsoft Graph: people, groups, service principals and applications. */

import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { groupsOf, membersOf } from '../arm/authorization.ts';
import { type Call, type FilterPart, param, type Route, readFilter } from '../http.ts';
import { parseBody } from '../incoming.ts';
import type { ServicePrincipal, User, UserGroup } from '../state/schema.ts';

const notFound = (id: string): Refusal =>
  Refusal.of(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const context = (call: Call, what: string): Readonly<Record<string, string>> => ({
  '@odata.context': `${call.world.url}/v1.0/$metadata#${what}`,
});

const userBody = (user: User) => ({
  id: user.id,
  displayName: user.displayName,
  mail: user.mail,
  userPrincipalName: user.mail,
  userType: user.userType,
  accountEnabled: user.accountEnabled,
});

const groupBody = (group: UserGroup) => ({
  id: group.id,
  displayName: group.displayName,
  groupTypes: group.groupTypes,
  mailEnabled: false,
  securityEnabled: true,
});

/** Finds the object that the path names. */
const requireObject = <T>(call: Call, all: readonly T[], idsOf: (one: T) => readonly string[]): T => {
  const id = param(call, 'id');
  const found = all.find((one) => idsOf(one).some((name) => sameText(name, id)));
  if (found === undefined) throw notFound(id);
  return found;
};

const findUser = (call: Call): User => requireObject(call, call.world.state.users, ({ id, mail }) => [id, mail]);
const findGroup = (call: Call): UserGroup => requireObject(call, call.world.state.groups, ({ id }) => [id]);

/** Without `$select`, Microsoft Graph leaves out most fields of a person, such as `userType`. */
const defaultFields = ['id', 'displayName', 'mail', 'userPrincipalName'];
const getUser = (call: Call): Reply =>
  reply(200, {
    ...context(call, 'users/$entity'),
    ...selected(userBody(findUser(call)), call.incoming.query, defaultFields),
  });

const getGroup = (call: Call): Reply =>
  reply(200, { ...context(call, 'groups/$entity'), ...groupBody(findGroup(call)) });

const principalBody = ({ id, appId, displayName, kind }: ServicePrincipal) => ({
  id,
  appId,
  displayName,
  servicePrincipalType: kind,
  servicePrincipalNames: [appId],
});

/** Returns the bodies of all objects, with their types. */
const directoryObjects = ({ world: { state } }: Call) => [
  ...state.users.map((one) => ({ '@odata.type': '#microsoft.graph.user', ...userBody(one) })),
  ...state.groups.map((one) => ({ '@odata.type': '#microsoft.graph.group', ...groupBody(one) })),
  ...state.principals.map((one) => ({ '@odata.type': '#microsoft.graph.servicePrincipal', ...principalBody(one) })),
];

const listMembers = (call: Call): Reply => {
  const all = directoryObjects(call).filter((one) => one['@odata.type'] !== '#microsoft.graph.servicePrincipal');
  const members = findGroup(call).memberIds.flatMap((id) => all.filter((one) => one.id === id));
  return graphPage(call, 'directoryObjects', members);
};

/** Casting to a type is an advanced query: Microsoft Graph refuses it without this header and `$count`. */
const demandAdvanced = (call: Call): void => {
  const { headers, query } = call.incoming;
  const level = headers.consistencylevel;
  if (typeof level === 'string' && sameText(level, 'eventual') && query.get('$count') === 'true') return;
  const text = 'Unsupported Query. Casting needs the header ConsistencyLevel: eventual and $count=true.';
  throw Refusal.of(400, 'Request_UnsupportedQuery', text);
};

/** Returns one page as Microsoft Graph documents: 100 entries, at most 999. */
const graphPage = (call: Call, what: string, entries: readonly object[]): Reply => {
  const { query, sentUrl } = call.incoming;
  const size = Math.min(Math.max(Number(query.get('$top') ?? 100) || 100, 1), 999);
  const start = Number(query.get('$skiptoken') ?? 0) || 0;
  const end = start + size;
  const next = new URL(sentUrl);
  next.searchParams.set('$skiptoken', String(end));
  return reply(200, {
    ...context(call, what),
    ...(query.get('$count') === 'true' ? { '@odata.count': entries.length } : {}),
    ...(end < entries.length ? { '@odata.nextLink': next.href } : {}),
    value: entries.slice(start, end),
  });
};

/** Without permission to read a type of member, Microsoft Graph returns only the ID. */
const limited = (call: Call, permission: string, body: Readonly<Record<string, unknown>>) =>
  isGranted(call, permission)
    ? body
    : Object.fromEntries(Object.keys(body).map((name) => [name, name === 'id' ? body.id : null]));

/** Lists members of one type in a group and in all its nested groups. */
const listTransitive =
  (what: 'users' | 'servicePrincipals', permission: string) =>
  (call: Call): Reply => {
    const { id, groupTypes } = findGroup(call);
    demandAdvanced(call);
    const { users, principals } = call.world.state;
    if (what === 'servicePrincipals' && groupTypes.includes('Unified')) {
      throw Refusal.of(400, 'Request_UnsupportedQuery', 'The member type is not supported by the group.');
    }
    const members = membersOf(call.world.state, id);
    const bodies = what === 'users' ? users.map(userBody) : principals.map(principalBody);
    const found = bodies.filter((one) => members.has(one.id)).map((one) => limited(call, permission, one));
    return graphPage(
      call,
      what,
      found.map((one) => selected(one, call.incoming.query)),
    );
  };

/** Returns the fields that `$select` names, or else the default ones. */
const selected = (
  body: Readonly<Record<string, unknown>>,
  query: URLSearchParams,
  defaultFields: readonly string[] = Object.keys(body),
): Record<string, unknown> => {
  const names = query.get('$select')?.split(',') ?? defaultFields;
  return Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
};

/** At most 20 IDs in one call (Microsoft Graph's documentation). */
const CheckMemberGroups = z.object({ groupIds: z.array(z.string()).min(1).max(20) });

const checkMemberGroups = (call: Call): Reply => {
  const user = findUser(call);
  const { groupIds } = parseBody(CheckMemberGroups, call.incoming.body, 'Request_BadRequest');
  const groups = groupsOf(call.world.state, user.id);
  return reply(200, {
    ...context(call, 'Collection(Edm.String)'),
    value: groupIds.filter((id) => groups.has(id.toLowerCase())),
  });
};

const grantedTo = (call: Call): readonly string[] =>
  call.world.state.principals.find((one) => one.id === call.caller.principalId)?.graphPermissions ?? [];

const isGranted = (call: Call, permission: string): boolean =>
  grantedTo(call).some((one) => one === permission || one === 'Directory.Read.All');

/** Real code and text. */
const requirePermissions = (call: Call, wanted: readonly string[]): void => {
  const granted = grantedTo(call);
  if (granted.includes('Directory.Read.All') && wanted.every((one) => one.includes('.Read.'))) return;
  if (!wanted.every((permission) => granted.includes(permission))) {
    throw Refusal.of(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
  for (const permission of wanted) call.trace.graphPermissions.add(permission);
};

/** A route with the permissions that Microsoft Graph 1.0 documents. `Directory.Read.All` replaces all that only read. */
const graphRoute = (
  method: string,
  pattern: string,
  permissions: readonly string[],
  handle: (call: Call) => Reply,
): Route => ({
  method,
  pattern,
  audience: 'graph',
  versions: [],
  action: null,
  handle: (call) => {
    requirePermissions(call, permissions);
    return handle(call);
  },
});

const GetByIds = z.object({ ids: z.array(z.string()).min(1).max(1000), types: z.array(z.string()).nullish() });

/** Returns the objects with these IDs, optionally of some types only. Leaves out unknown IDs. */
const getByIds = (call: Call): Reply => {
  const { ids, types } = parseBody(GetByIds, call.incoming.body, 'Request_BadRequest');
  const kinds = types?.map((one) => `#microsoft.graph.${one}`.toLowerCase());
  const value = directoryObjects(call)
    .filter((one) => ids.some((id) => sameText(id, one.id)))
    .filter((one) => kinds === undefined || kinds.includes(one['@odata.type'].toLowerCase()));
  return reply(200, { ...context(call, 'directoryObjects'), value });
};

const readUsers = 'User.Read.All';
const readMembers = 'GroupMember.Read.All';

export const graphRoutes: readonly Route[] = [
  graphRoute('GET', '/v1.0/users/{id}', [readUsers], getUser),
  graphRoute('POST', '/v1.0/users/{id}/checkMemberGroups', [readUsers, readMembers], checkMemberGroups),
  graphRoute('POST', '/v1.0/directoryObjects/getByIds', ['Directory.Read.All'], getByIds),
  graphRoute('GET', '/v1.0/groups/{id}', [readMembers], getGroup),
  graphRoute('GET', '/v1.0/groups/{id}/members', [readMembers], listMembers),
  graphRoute(
    'GET',
    '/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user',
    [readMembers],
    listTransitive('users', readUsers),
  ),
  graphRoute(
    'GET',
    '/v1.0/groups/{id}/transitiveMembers/microsoft.graph.servicePrincipal',
    [readMembers],
    listTransitive('servicePrincipals', 'Application.Read.All'),
  ),
];

// Microsoft Graph calls of an administrator of applications: secrets, consent to application permissions, lists.

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
