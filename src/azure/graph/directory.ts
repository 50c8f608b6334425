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
import { done } from '../../domain/failure.ts';
import { PersonId } from '../../domain/ids.ts';
import type { Account, Groups } from '../../domain/ports/azure.ts';
import type { AzureClients } from '../connection/azure-clients.ts';
import type { Connection } from '../connection/connection.ts';
import { azureErrorIn } from '../connection/error-body.ts';
import { UnusableAnswer } from '../connection/exchange.ts';

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

export async function displayNameOf(clients: AzureClients, kind: ObjectKind, id: string): Promise<string | null> {
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
export const membersPath = (group: string, type: MemberType): string =>
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

export const membersOf = (clients: AzureClients, group: string): Promise<Members<Account>> =>
  readMembers(clients, group, { type: 'user', fields: accountFields, shape: User });

const App = z.object({ id: z.string().toLowerCase() });

/**
 * Returns the apps in a group, including nested groups; null: more than are read. Graph refuses the cast where a group can't
 * contain apps.
 */
export async function appsIn(clients: AzureClients, group: string) {
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
