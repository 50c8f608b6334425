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
import type { Controller } from '../domain/control.ts';
import { done } from '../domain/failure.ts';
import { PersonId } from '../domain/ids.ts';
import { memberMark } from '../domain/member-mark.ts';
import type { DirectoryEntry, Groups, PersonKind } from '../domain/ports/azure.ts';
import type { Connection } from './connection.ts';
import { complaintOf } from './error-body.ts';
import { UnusableAnswer } from './exchange.ts';
import { inBatches } from './limits.ts';
import type { AzureClients } from './line.ts';

const idsAtOnce = 20;
const Members = z.object({ value: z.array(z.string()) });

/** Returns whether Graph has no such object. Any other 404 is a wrong address and must not count as an answer. */
function knowsNoSuch(line: AzureClients, id: string): boolean {
  const { last } = line.exchange;
  const told = last?.status === 404 ? complaintOf(last) : null;
  return told?.code === 'Request_ResourceNotFound' && told.message.toLowerCase().includes(id.toLowerCase());
}

const Named = z.object({ displayName: z.string().nullish() });

/** Returns the display name; null: no such object. */
export async function groupNameOf(
  line: AzureClients,
  kind: 'groups' | 'users' | 'servicePrincipals',
  id: string,
): Promise<string | null> {
  try {
    const answer = await line.plain.graph(`/v1.0/${kind}/${encodeURIComponent(id)}?$select=id,displayName`);
    return Named.parse(answer).displayName ?? id;
  } catch (error) {
    if (knowsNoSuch(line, id)) return null;
    throw error;
  }
}

/** Graph's largest page (Microsoft, "List group transitive members"). */
const pageSize = 999;
/** Maximum number of members read; the rest is only counted. */
const mostMembers = 2_000;
/** Graph can return smaller pages than requested, so pages are limited too. */
const mostPages = 20;
const Member = z.object({ id: PersonId });

export async function membersOf(
  line: AzureClients,
  id: string,
): Promise<Pick<DirectoryEntry & { kind: 'group' }, 'members' | 'complete'>> {
  const path = `/v1.0/groups/${encodeURIComponent(id)}/transitiveMembers/microsoft.graph.user`;
  const members = new Set<PersonId>();
  let pages = 0;
  for await (const page of line.plain.graphPages(`${path}?$count=true&$select=id&$top=${pageSize}`)) {
    if (pages === mostPages) return { members: [...members], complete: false };
    pages += 1;
    for (const member of z.array(Member).parse(page)) members.add(member.id);
    if (members.size > mostMembers) return { members: [...members].slice(0, mostMembers), complete: false };
  }
  return { members: [...members], complete: true };
}

/** Returns the number of people in a group, including nested groups. */
const countMembers = (line: AzureClients, id: string): Promise<number> =>
  line.plain.graphCount(
    `/v1.0/groups/${encodeURIComponent(id)}/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=1`,
  );

async function ask(line: AzureClients, person: PersonId, groupIds: readonly string[]): Promise<readonly string[]> {
  try {
    const answer = await line.plain.graph(`/v1.0/users/${person}/checkMemberGroups`, { groupIds });
    return Members.parse(answer).value;
  } catch (error) {
    if (knowsNoSuch(line, person)) return [];
    throw error;
  }
}

async function belongsTo(line: AzureClients, person: PersonId, ids: readonly string[]): Promise<readonly string[]> {
  const others = [...new Set(ids.map((id) => id.toLowerCase()).filter((id) => id !== person))];
  const held = new Set<string>([person]);
  for (let start = 0; start < others.length; start += idsAtOnce) {
    const found = await ask(line, person, others.slice(start, start + idsAtOnce));
    for (const id of found) held.add(id.toLowerCase());
  }
  return ids.filter((id) => held.has(id.toLowerCase()));
}

/** `userType` is null if the app can't read it, and for people synchronized before it existed. */
const Typed = z.object({ id: z.string(), userType: z.string().nullish() });

async function kindOf(line: AzureClients, person: PersonId): Promise<PersonKind> {
  try {
    const { id, userType } = Typed.parse(await line.plain.graph(`/v1.0/users/${person}?$select=id,userType`));
    if (id.toLowerCase() !== person) throw new UnusableAnswer('it is about another person');
    if (userType === 'Member') return 'member';
    return userType === 'Guest' ? 'guest' : 'not-told';
  } catch (error) {
    if (knowsNoSuch(line, person)) return 'stranger';
    throw error;
  }
}

/** Creates the port over Microsoft Graph. */
export function graphGroups(connection: Connection): Groups {
  const click = <T>(doing: string, look: (line: AzureClients) => Promise<T>) =>
    connection.call(doing, look, { click: true });
  return {
    async memberOf(person, ids) {
      // Each with its own clients, so that each error is matched with its own answer.
      const [kind, of] = await Promise.all([
        click('reading who somebody is', (line) => kindOf(line, person)),
        click('reading group memberships', (line) => belongsTo(line, person, ids)),
      ]);
      if (!kind.ok) return kind;
      if (!of.ok) return of;
      return done({ kind: kind.value, of: kind.value === 'stranger' ? [] : of.value });
    },

    look: (id) =>
      connection.call(
        `reading who ${id} is`,
        async (line) => {
          const group = await groupNameOf(line, 'groups', id);
          if (group !== null) return { kind: 'group', name: group, ...(await membersOf(line, id)) };
          const person = await groupNameOf(line, 'users', id);
          return person === null ? null : { kind: 'person', name: person };
        },
        { brief: true },
      ),
  };
}

// Resolves object ids by Microsoft Graph: names of people and groups, the size of a group, and whether it's unchanged. App
// names need `Application.Read.All`, which the bot doesn't have by default: the app then keeps its object id. Results are for
// display; no decision uses a name.

export type Principal = Pick<Controller, 'id' | 'type'>;
type Told = Omit<Controller, 'can'>;

/** Maximum number of resolved names; the rest are shown by id. */
const mostNamed = 60;

const unnamed = ({ id, type }: Principal): Told => ({ id, type, name: null, members: null });

/** Returns the members of a group, or only their number if there are too many. */
async function tellPeople(line: AzureClients, group: string): Promise<Pick<Told, 'members' | 'people'>> {
  const { members, complete } = await membersOf(line, group);
  if (!complete) return { members: await countMembers(line, group) };
  return { members: members.length, people: members.map((one) => memberMark(group, one)).sort() };
}

async function tellGroup(line: AzureClients, id: string): Promise<Told | null> {
  const name = await groupNameOf(line, 'groups', id);
  return name === null ? null : { id, type: 'group', name, ...(await tellPeople(line, id)) };
}

async function tellPerson(line: AzureClients, id: string): Promise<Told | null> {
  const name = await groupNameOf(line, 'users', id);
  return name === null ? null : { id, type: 'person', name, members: null };
}

/** Resolves one principal. Access policies don't tell the type of their object ids. */
async function tell(line: AzureClients, { id, type }: Principal): Promise<Told> {
  switch (type) {
    case 'bot':
      return unnamed({ id, type });
    case 'app':
      return { id, type, name: await groupNameOf(line, 'servicePrincipals', id), members: null };
    case 'group':
      return (await tellGroup(line, id)) ?? unnamed({ id, type });
    case 'person':
      return (await tellPerson(line, id)) ?? unnamed({ id, type });
    case 'unknown':
      // An id that is neither a group nor a person is a service principal.
      return (await tellGroup(line, id)) ?? (await tellPerson(line, id)) ?? unnamed({ id, type: 'app' });
  }
}

const seek = async (connection: Connection, one: Principal) => ({
  one,
  told: await connection.call(`reading who ${one.id} is`, (line) => tell(line, one), { click: true }),
});

/** Returns the principals with their names. `complete`: every person and group was resolved. */
export async function tellNames(
  connection: Connection,
  found: readonly Principal[],
): Promise<{ readonly principals: readonly Told[]; readonly complete: boolean }> {
  const ownId = await connection.ownId();
  const all = found.map((one): Principal => (one.id === ownId ? { id: one.id, type: 'bot' } : one));
  const others = all.filter(({ type }) => type !== 'app' && type !== 'bot').slice(0, mostNamed);
  const [firstApp, ...otherApps] = all.filter(({ type }) => type === 'app').slice(0, mostNamed);
  // The first app shows whether the bot can read app names.
  const [asked, first] = await Promise.all([
    inBatches(others, (one) => seek(connection, one)),
    firstApp === undefined ? null : seek(connection, firstApp),
  ]);
  const apps = first?.told.ok === true ? [first, ...(await inBatches(otherApps, (one) => seek(connection, one)))] : [];
  const told = new Map(
    [...asked, ...apps].flatMap(({ one, told: it }) => (it.ok ? [[one.id, it.value] as const] : [])),
  );
  const principals = all.map((one) => told.get(one.id) ?? unnamed(one));
  const open = all.filter(({ type }) => type !== 'app' && type !== 'bot');
  return { principals, complete: open.every(({ id }) => told.has(id)) };
}
