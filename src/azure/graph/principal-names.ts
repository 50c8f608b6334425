/**
 * Resolves object ids by Microsoft Graph: names of people and groups, the size of a group, and whether it's unchanged. App names
 * need `Application.Read.All`, which the bot doesn't have by default: the app then keeps its object id. Results are for display;
 * no decision uses a name.
 */
import { type Controller, memberMark } from '../../domain/control.ts';
import type { AzureClients } from '../connection/azure-clients.ts';
import type { Connection } from '../connection/connection.ts';
import { inParallel } from '../connection/limits.ts';
import { appsIn, displayNameOf, membersOf, membersPath } from './directory.ts';

export type Principal = Pick<Controller, 'id' | 'type'>;
type NamedPrincipal = Omit<Controller, 'can'>;

/** Maximum number of resolved names; the rest are shown by id. */
const maxNamed = 60;

const unnamed = ({ id, type }: Principal): NamedPrincipal => ({ id, type, name: null, members: null });

const marksIn = (group: string, members: readonly { readonly id: string }[]) =>
  members.map(({ id }) => memberMark(group, id)).sort();

/** Returns the group with the people in it. Too many are only counted. Disabled accounts count: they can return. */
async function resolveGroup(clients: AzureClients, id: string): Promise<NamedPrincipal | null> {
  const name = await displayNameOf(clients, 'groups', id);
  if (name === null) return null;
  const { members, complete } = await membersOf(clients, id);
  if (complete) return { id, type: 'group', name, members: members.length, people: marksIn(id, members) };
  const count = await clients.plain.graphCount(`${membersPath(id, 'user')}?$count=true&$select=id&$top=1`);
  return { id, type: 'group', name, members: count };
}

async function resolvePerson(clients: AzureClients, id: string): Promise<NamedPrincipal | null> {
  const name = await displayNameOf(clients, 'users', id);
  return name === null ? null : { id, type: 'person', name, members: null };
}

/** Resolves one principal. Access policies don't tell the type of their object ids. */
async function resolvePrincipal(clients: AzureClients, { id, type }: Principal): Promise<NamedPrincipal> {
  switch (type) {
    case 'bot':
      return unnamed({ id, type });
    case 'app':
      return { id, type, name: await displayNameOf(clients, 'servicePrincipals', id), members: null };
    case 'group':
      return (await resolveGroup(clients, id)) ?? unnamed({ id, type });
    case 'person':
      return (await resolvePerson(clients, id)) ?? unnamed({ id, type });
    case 'unknown':
      // An id that is neither a group nor a person is a service principal.
      return (await resolveGroup(clients, id)) ?? (await resolvePerson(clients, id)) ?? unnamed({ id, type: 'app' });
  }
}

/** Apps in a group have a call of their own: if it fails, its people still count. `complete`: all of it was read. */
async function resolve(connection: Connection, one: Principal) {
  const call = <T>(doing: string, read: (clients: AzureClients) => Promise<T>) =>
    connection.call(doing, read, { limit: 'click', optional: true });
  const found = await call(`reading who ${one.id} is`, (clients) => resolvePrincipal(clients, one));
  if (!found.ok) return { one, principal: null, complete: false };
  const principal = found.value;
  if (principal.members === null) return { one, principal, complete: true };
  const apps = await call(`reading the apps in ${one.id}`, (clients) => appsIn(clients, one.id));
  if (!apps.ok || apps.value === null) return { one, principal, complete: false };
  return { one, principal: { ...principal, apps: marksIn(one.id, apps.value) }, complete: true };
}

/** Returns the principals with their names. `complete`: every person and group was resolved, with the apps in it. */
export async function resolveNames(
  connection: Connection,
  found: readonly Principal[],
): Promise<{ readonly principals: readonly NamedPrincipal[]; readonly complete: boolean }> {
  const ownId = await connection.ownId();
  const all = found.map((one): Principal => (one.id === ownId ? { id: one.id, type: 'bot' } : one));
  const open = all.filter(({ type }) => type !== 'app' && type !== 'bot');
  const [firstApp, ...otherApps] = all.filter(({ type }) => type === 'app').slice(0, maxNamed);
  // The first app shows whether the bot can read app names.
  const [known, first] = await Promise.all([
    inParallel(open.slice(0, maxNamed), (one) => resolve(connection, one)),
    firstApp === undefined ? null : resolve(connection, firstApp),
  ]);
  const apps =
    first?.complete === true ? [first, ...(await inParallel(otherApps, (one) => resolve(connection, one)))] : [];
  const resolved = new Map([...known, ...apps].map((found) => [found.one.id, found]));
  const principals = all.map((one) => resolved.get(one.id)?.principal ?? unnamed(one));
  return { principals, complete: open.every(({ id }) => resolved.get(id)?.complete === true) };
}
