/** Microsoft Graph: people, groups, and who is in which group. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { groupsOf, membersOf } from '../arm/authorization.ts';
import type { Call, Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import type { User, UserGroup } from '../state/principals.ts';
import {
  context,
  graphPage,
  graphRoute,
  groupBody,
  isGranted,
  principalBody,
  requireObject,
  sameText,
  userBody,
} from './graph-objects.ts';

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
