/** Objects of Microsoft Graph, its pages of them, and the permissions that a call needs. */

import { Refusal, type Reply, reply } from '../../http.ts';
import { type Call, param, type Route } from '../http.ts';
import type { ServicePrincipal, User, UserGroup } from '../state/principals.ts';

const notFound = (id: string): Refusal =>
  Refusal.of(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const context = (call: Call, what: string): Readonly<Record<string, string>> => ({
  '@odata.context': `${call.world.url}/v1.0/$metadata#${what}`,
});

export const userBody = (user: User) => ({
  id: user.id,
  displayName: user.displayName,
  mail: user.mail,
  userPrincipalName: user.mail,
  userType: user.userType,
  accountEnabled: user.accountEnabled,
});

export const groupBody = (group: UserGroup) => ({
  id: group.id,
  displayName: group.displayName,
  groupTypes: group.groupTypes,
  mailEnabled: false,
  securityEnabled: true,
});

/** Finds the object that the path names. */
export const requireObject = <T>(call: Call, all: readonly T[], idsOf: (one: T) => readonly string[]): T => {
  const id = param(call, 'id');
  const found = all.find((one) => idsOf(one).some((name) => sameText(name, id)));
  if (found === undefined) throw notFound(id);
  return found;
};

export const principalBody = ({ id, appId, displayName, kind }: ServicePrincipal) => ({
  id,
  appId,
  displayName,
  servicePrincipalType: kind,
  servicePrincipalNames: [appId],
});

/** Returns one page as Microsoft Graph documents: 100 entries, at most 999. */
export const graphPage = (call: Call, what: string, entries: readonly object[]): Reply => {
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

const grantedTo = (call: Call): readonly string[] =>
  call.world.state.principals.find((one) => one.id === call.caller.principalId)?.graphPermissions ?? [];

export const isGranted = (call: Call, permission: string): boolean =>
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
export const graphRoute = (
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
