/**
 * Entra groups through Microsoft Graph.
 * Guests are detected by `userType`, which Graph returns with `User.Read.All`: a guest carries the host's tenant in Teams, so
 * nothing else shows it. Memberships of a person come from `checkMemberGroups`, which follows nested groups and takes at most
 * 20 ids at a time.
 * Members of a group come from `transitiveMembers`, cast to users. That is an advanced query: it needs `ConsistencyLevel:
 * eventual` and `$count`, and uses an index that can lag. So it's used only for texts, mentions and the check whether a group
 * is unchanged. The bot's identity needs the application permissions `GroupMember.Read.All` and `User.Read.All`.
 */
import { z } from 'zod';
import { type Controller, memberMark } from '../domain/control.ts';
import { done } from '../domain/failure.ts';
import { PersonId } from '../domain/ids.ts';
import type { DirectoryEntry, Groups, PersonKind } from '../domain/ports/azure.ts';
import type { AzureClients } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { azureErrorIn } from './error-body.ts';
import { UnusableAnswer } from './exchange.ts';
import { inBatches } from './limits.ts';

const maxIdsPerCall = 20;
const Members = z.object({ value: z.array(z.string()) });

/** Returns whether Graph has no such object. Any other 404 is a wrong address and must not count as an answer. */
function isNotFound(clients: AzureClients, id: string): boolean {
  const { last } = clients.exchange;
  const reported = last?.status === 404 ? azureErrorIn(last) : null;
  return reported?.code === 'Request_ResourceNotFound' && reported.message.toLowerCase().includes(id.toLowerCase());
}

const Named = z.object({ displayName: z.string().nullish() });

/** Returns the display name; null: no such object. */
export async function displayNameOf(
  clients: AzureClients,
  kind: 'groups' | 'users' | 'servicePrincipals',
  id: string,
): Promise<string | null> {
  try {
    const answer = await clients.plain.graph(`/v1.0/${kind}/${encodeURIComponent(id)}?$select=id,displayName`);
    return Named.parse(answer).displayName ?? id;
  } catch (error) {
    if (isNotFound(clients, id)) return null;
    throw error;
  }
}

/** Graph's largest page (Microsoft, "List group transitive members"). */
const pageSize = 999;
/** Maximum number of members read; the rest is only counted. */
const maxMembers = 2_000;
/** Graph can return smaller pages than requested, so pages are limited too. */
const maxPages = 20;
const Member = z.object({ id: PersonId });

export async function membersOf(
  clients: AzureClients,
  id: string,
): Promise<Pick<DirectoryEntry & { kind: 'group' }, 'members' | 'complete'>> {
  const path = `/v1.0/groups/${encodeURIComponent(id)}/transitiveMembers/microsoft.graph.user`;
  const members = new Set<PersonId>();
  let pages = 0;
  for await (const page of clients.plain.graphPages(`${path}?$count=true&$select=id&$top=${pageSize}`)) {
    if (pages === maxPages) return { members: [...members], complete: false };
    pages += 1;
    for (const member of z.array(Member).parse(page)) members.add(member.id);
    if (members.size > maxMembers) return { members: [...members].slice(0, maxMembers), complete: false };
  }
  return { members: [...members], complete: true };
}

const countMembers = (clients: AzureClients, id: string): Promise<number> =>
  clients.plain.graphCount(
    `/v1.0/groups/${encodeURIComponent(id)}/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=1`,
  );

async function checkMemberGroups(
  clients: AzureClients,
  person: PersonId,
  groupIds: readonly string[],
): Promise<readonly string[]> {
  try {
    const answer = await clients.plain.graph(`/v1.0/users/${person}/checkMemberGroups`, { groupIds });
    return Members.parse(answer).value;
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

/** `userType` is null if the app can't read it, and for people synchronized before it existed. */
const UserType = z.object({ id: z.string(), userType: z.string().nullish() });

async function kindOf(clients: AzureClients, person: PersonId): Promise<PersonKind> {
  try {
    const { id, userType } = UserType.parse(await clients.plain.graph(`/v1.0/users/${person}?$select=id,userType`));
    if (id.toLowerCase() !== person) throw new UnusableAnswer('it is about another person');
    if (userType === 'Member') return 'member';
    return userType === 'Guest' ? 'guest' : 'not-told';
  } catch (error) {
    if (isNotFound(clients, person)) return 'stranger';
    throw error;
  }
}

/** Creates the port over Microsoft Graph. */
export function graphGroups(connection: Connection): Groups {
  const click = <T>(doing: string, look: (clients: AzureClients) => Promise<T>) =>
    connection.call(doing, look, { limit: 'click' });
  return {
    async memberOf(person, ids) {
      // Each with its own clients, so that each error is matched with its own answer.
      const [kind, of] = await Promise.all([
        click('reading the kind of an account', (clients) => kindOf(clients, person)),
        click('reading group memberships', (clients) => membershipsOf(clients, person, ids)),
      ]);
      if (!kind.ok) return kind;
      if (!of.ok) return of;
      return done({ kind: kind.value, of: kind.value === 'stranger' ? [] : of.value });
    },

    look: (id) =>
      connection.call(
        `reading who ${id} is`,
        async (clients) => {
          const group = await displayNameOf(clients, 'groups', id);
          if (group !== null) return { kind: 'group', name: group, ...(await membersOf(clients, id)) };
          const person = await displayNameOf(clients, 'users', id);
          return person === null ? null : { kind: 'person', name: person };
        },
        { limit: 'brief' },
      ),
  };
}

// Resolves object ids by Microsoft Graph: names of people and groups, the size of a group, and whether it's unchanged. App
// names need `Application.Read.All`, which the bot doesn't have by default: the app then keeps its object id. Results are for
// display; no decision uses a name.

export type Principal = Pick<Controller, 'id' | 'type'>;
type NamedPrincipal = Omit<Controller, 'can'>;

/** Maximum number of resolved names; the rest are shown by id. */
const maxNamed = 60;

const unnamed = ({ id, type }: Principal): NamedPrincipal => ({ id, type, name: null, members: null });

/** Returns the members of a group, or only their number if there are too many. */
async function resolveMembers(
  clients: AzureClients,
  group: string,
): Promise<Pick<NamedPrincipal, 'members' | 'people'>> {
  const { members, complete } = await membersOf(clients, group);
  if (!complete) return { members: await countMembers(clients, group) };
  return { members: members.length, people: members.map((one) => memberMark(group, one)).sort() };
}

async function resolveGroup(clients: AzureClients, id: string): Promise<NamedPrincipal | null> {
  const name = await displayNameOf(clients, 'groups', id);
  return name === null ? null : { id, type: 'group', name, ...(await resolveMembers(clients, id)) };
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

const resolve = async (connection: Connection, one: Principal) => ({
  one,
  outcome: await connection.call(`reading who ${one.id} is`, (clients) => resolvePrincipal(clients, one), {
    limit: 'click',
    optional: true,
  }),
});

/** Returns the principals with their names. `complete`: every person and group was resolved. */
export async function resolveNames(
  connection: Connection,
  found: readonly Principal[],
): Promise<{ readonly principals: readonly NamedPrincipal[]; readonly complete: boolean }> {
  const ownId = await connection.ownId();
  const all = found.map((one): Principal => (one.id === ownId ? { id: one.id, type: 'bot' } : one));
  const others = all.filter(({ type }) => type !== 'app' && type !== 'bot').slice(0, maxNamed);
  const [firstApp, ...otherApps] = all.filter(({ type }) => type === 'app').slice(0, maxNamed);
  // The first app shows whether the bot can read app names.
  const [known, first] = await Promise.all([
    inBatches(others, (one) => resolve(connection, one)),
    firstApp === undefined ? null : resolve(connection, firstApp),
  ]);
  const apps =
    first?.outcome.ok === true ? [first, ...(await inBatches(otherApps, (one) => resolve(connection, one)))] : [];
  const resolved = new Map(
    [...known, ...apps].flatMap(({ one, outcome }) => (outcome.ok ? [[one.id, outcome.value] as const] : [])),
  );
  const principals = all.map((one) => resolved.get(one.id) ?? unnamed(one));
  const open = all.filter(({ type }) => type !== 'app' && type !== 'bot');
  return { principals, complete: open.every(({ id }) => resolved.has(id)) };
}
