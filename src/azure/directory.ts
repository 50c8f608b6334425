/**
 * Entra groups through Microsoft Graph.
 * Guests are detected by `userType`, which Graph returns with `User.Read.All`: a guest carries the host's tenant in Teams, so
 * nothing else shows it. Memberships of a person come from `checkMemberGroups`, which follows nested groups and takes at most
 * 20 ids at a time.
 * Members of a group come from `transitiveMembers`, cast to users or service principals. That is an advanced query: it needs
 * `ConsistencyLevel: eventual` and `$count`, and uses an index that can lag. So it's used only for texts, mentions and the
 * check whether a group is unchanged. Without the cast, Graph leaves out service principals. The bot's identity needs the
 * application permissions `GroupMember.Read.All` and `User.Read.All`. Of members of a type that it can't read, such as apps,
 * Graph returns only the id and the type.
 */

import { z } from 'zod';
import { type Controller, memberMark } from '../domain/control.ts';
import { done } from '../domain/failure.ts';
import { PersonId } from '../domain/ids.ts';
import type { Account, Groups } from '../domain/ports/azure.ts';
import type { AzureClients } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { azureErrorIn } from './error-body.ts';
import { UnusableAnswer } from './exchange.ts';
import { inParallel } from './limits.ts';

const maxIdsPerCall = 20;
const GroupIds = z.object({ value: z.array(z.string()) });

/** Returns whether Graph has no such object. Any other 404 is a wrong address and must not count as an answer. */
function isNotFound(clients: AzureClients, id: string): boolean {
  const { last } = clients.exchange;
  const reported = last?.status === 404 ? azureErrorIn(last) : null;
  return reported?.code === 'Request_ResourceNotFound' && reported.message.toLowerCase().includes(id.toLowerCase());
}

type ObjectKind = 'groups' | 'users' | 'servicePrincipals';

async function objectOf(clients: AzureClients, kind: ObjectKind, id: string, fields: string): Promise<unknown> {
  try {
    return await clients.plain.graph(`/v1.0/${kind}/${encodeURIComponent(id)}?$select=${fields}`);
  } catch (error) {
    if (isNotFound(clients, id)) return null;
    throw error;
  }
}

const Named = z.object({ displayName: z.string().nullish() });

async function displayNameOf(clients: AzureClients, kind: ObjectKind, id: string): Promise<string | null> {
  const found = await objectOf(clients, kind, id, 'id,displayName');
  return found === null ? null : (Named.parse(found).displayName ?? id);
}

const accountFields = 'id,userType,accountEnabled';
/** Fields are null if the app can't read them; `userType` also for people synchronized before it existed. */
const User = z
  .object({ id: PersonId, userType: z.string().nullish(), accountEnabled: z.boolean().nullish() })
  .transform(({ id, userType, accountEnabled }): Account => {
    if (accountEnabled === false) return { id, kind: 'stranger' };
    if (userType === 'Member') return { id, kind: 'member' };
    return { id, kind: userType === 'Guest' ? 'guest' : 'not-told' };
  });

async function accountOf(clients: AzureClients, person: string): Promise<Account | null> {
  const found = await objectOf(clients, 'users', person, accountFields);
  if (found === null) return null;
  const account = User.parse(found);
  if (account.id !== person) throw new UnusableAnswer('it is about another person');
  return account;
}

/** Graph's largest page (Microsoft, "List group transitive members"). */
const pageSize = 999;
const maxMembers = 2_000;
const maxPages = 20;

type MemberType = 'user' | 'servicePrincipal';
const membersPath = (group: string, type: MemberType): string =>
  `/v1.0/groups/${encodeURIComponent(group)}/transitiveMembers/microsoft.graph.${type}`;

interface Members<T> {
  readonly members: readonly T[];
  readonly complete: boolean;
}

/** `query`: the type that members are cast to, and their fields. */
async function readMembers<T extends { readonly id: string }>(
  clients: AzureClients,
  group: string,
  query: { readonly type: MemberType; readonly fields: string; readonly shape: z.ZodType<T> },
): Promise<Members<T>> {
  const path = membersPath(group, query.type);
  const members = new Map<string, T>();
  let pages = 0;
  for await (const page of clients.plain.graphPages(`${path}?$count=true&$select=${query.fields}&$top=${pageSize}`)) {
    if (pages === maxPages) return { members: [...members.values()], complete: false };
    pages += 1;
    for (const member of z.array(query.shape).parse(page)) members.set(member.id, member);
    if (members.size > maxMembers) return { members: [...members.values()].slice(0, maxMembers), complete: false };
  }
  return { members: [...members.values()], complete: true };
}

const membersOf = (clients: AzureClients, group: string): Promise<Members<Account>> =>
  readMembers(clients, group, { type: 'user', fields: accountFields, shape: User });

const App = z.object({ id: z.string().toLowerCase() });

/**
 * Returns the apps in a group, including nested groups; null: more than are read. Graph refuses the cast where a group can't
 * contain apps.
 */
async function appsIn(clients: AzureClients, group: string) {
  try {
    const query = { type: 'servicePrincipal', fields: 'id', shape: App } as const;
    const { members, complete } = await readMembers(clients, group, query);
    return complete ? members : null;
  } catch (error) {
    const { last } = clients.exchange;
    if (last?.status === 400 && azureErrorIn(last)?.code === 'Request_UnsupportedQuery') return [];
    throw error;
  }
}

async function checkMemberGroups(
  clients: AzureClients,
  person: PersonId,
  groupIds: readonly string[],
): Promise<readonly string[]> {
  try {
    const answer = await clients.plain.graph(`/v1.0/users/${person}/checkMemberGroups`, { groupIds });
    return GroupIds.parse(answer).value;
  } catch (error) {
    if (isNotFound(clients, person)) return [];
    throw error;
  }
}

async function membershipsOf(
  clients: AzureClients,
  person: PersonId,
  ids: readonly string[],
): Promise<readonly string[]> {
  const others = [...new Set(ids.map((id) => id.toLowerCase()).filter((id) => id !== person))];
  const held = new Set<string>([person]);
  for (let start = 0; start < others.length; start += maxIdsPerCall) {
    const found = await checkMemberGroups(clients, person, others.slice(start, start + maxIdsPerCall));
    for (const id of found) held.add(id.toLowerCase());
  }
  return ids.filter((id) => held.has(id.toLowerCase()));
}

export function graphGroups(connection: Connection): Groups {
  const click = <T>(doing: string, look: (clients: AzureClients) => Promise<T>) =>
    connection.call(doing, look, { limit: 'click' });
  return {
    async memberOf(person, ids) {
      // Each with its own clients, so that each error is matched with its own answer.
      const [account, of] = await Promise.all([
        click('reading the kind of an account', (clients) => accountOf(clients, person)),
        click('reading group memberships', (clients) => membershipsOf(clients, person, ids)),
      ]);
      if (!account.ok) return account;
      if (!of.ok) return of;
      const kind = account.value?.kind ?? 'stranger';
      return done({ kind, of: kind === 'stranger' ? [] : of.value });
    },

    look: (id) =>
      connection.call(
        `reading who ${id} is`,
        async (clients) => {
          const group = await displayNameOf(clients, 'groups', id);
          if (group !== null) return { kind: 'group', name: group, ...(await membersOf(clients, id)) };
          const person = await objectOf(clients, 'users', id, `displayName,${accountFields}`);
          if (person === null) return null;
          const name = Named.parse(person).displayName ?? id;
          return { kind: 'person', name, members: [User.parse(person)], complete: true };
        },
        { limit: 'brief' },
      ),
  };
}

// Resolves object ids by Microsoft Graph: names of people and groups, the size of a group, and whether it's
// unchanged. App names need `Application.Read.All`, which the bot doesn't have by default: the app then keeps its
// object id. Results are for display; no decision uses a name.

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
