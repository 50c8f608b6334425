/**
 * Entra groups through Microsoft Graph. Whether somebody belongs is asked of `checkMemberGroups`, which follows nested groups
 * and takes at most 20 ids at a time. Who belongs is read from `transitiveMembers`, cast to users: that is an advanced query,
 * which wants `ConsistencyLevel: eventual` and `$count` and rests on an index that may lag, so it serves words and mentions
 * only. The product's identity needs the application permissions `GroupMember.Read.All` and `User.Read.All`.
 */
import { z } from 'zod';
import { PersonId } from '../domain/ids.ts';
import type { DirectoryEntry, Groups } from '../domain/ports/azure.ts';
import type { Connection, Line } from './connection.ts';
import { complaintOf } from './error-body.ts';

const idsAtOnce = 20;
const Members = z.object({ value: z.array(z.string()) });

/** Graph has nothing of that kind under the id. Any other 404 is a wrong address, which must not read as an answer. */
function knowsNoSuch(line: Line, id: string): boolean {
  const { last } = line.exchange;
  const told = last?.status === 404 ? complaintOf(last) : null;
  return told?.code === 'Request_ResourceNotFound' && told.message.toLowerCase().includes(id.toLowerCase());
}

const Named = z.object({ displayName: z.string().nullish() });

async function nameOf(line: Line, kind: 'groups' | 'users', id: string): Promise<string | null> {
  try {
    const answer = await line.graph(`/v1.0/${kind}/${encodeURIComponent(id)}?$select=id,displayName`);
    return Named.parse(answer).displayName ?? id;
  } catch (error) {
    if (knowsNoSuch(line, id)) return null;
    throw error;
  }
}

/** Together more people than anybody mentions or counts by hand. */
const pageSize = 100;
const mostPages = 20;
const Member = z.object({ id: PersonId });

async function membersOf(
  line: Line,
  id: string,
): Promise<Pick<DirectoryEntry & { kind: 'group' }, 'members' | 'complete'>> {
  const path = `/v1.0/groups/${encodeURIComponent(id)}/transitiveMembers/microsoft.graph.user`;
  const members = new Set<PersonId>();
  let pages = 0;
  for await (const page of line.graphPages(`${path}?$count=true&$select=id&$top=${pageSize}`)) {
    if (pages === mostPages) return { members: [...members], complete: false };
    pages += 1;
    for (const member of z.array(Member).parse(page)) members.add(member.id);
  }
  return { members: [...members], complete: true };
}

/** For one a guest, who writes under an id of another tenant, is nobody to Graph: then there are no groups either. */
async function ask(line: Line, person: PersonId, groupIds: readonly string[]): Promise<readonly string[]> {
  try {
    const answer = await line.graph(`/v1.0/users/${person}/checkMemberGroups`, { groupIds });
    return Members.parse(answer).value;
  } catch (error) {
    if (knowsNoSuch(line, person)) return [];
    throw error;
  }
}

/** Groups as Microsoft Graph has them. */
export function graphGroups(connection: Connection): Groups {
  return {
    // Configuration may name persons beside groups: one's own object id counts without asking anybody.
    memberOf: (person, groupIds) =>
      connection.call(
        'reading group memberships',
        async (line) => {
          const others = [...new Set(groupIds.map((id) => id.toLowerCase()).filter((id) => id !== person))];
          const held = new Set<string>([person]);
          for (let start = 0; start < others.length; start += idsAtOnce) {
            const found = await ask(line, person, others.slice(start, start + idsAtOnce));
            for (const id of found) held.add(id.toLowerCase());
          }
          return groupIds.filter((id) => held.has(id.toLowerCase()));
        },
        { click: true },
      ),

    look: (id) =>
      connection.call(
        `reading who ${id} is`,
        async (line) => {
          const group = await nameOf(line, 'groups', id);
          if (group !== null) return { kind: 'group', name: group, ...(await membersOf(line, id)) };
          const person = await nameOf(line, 'users', id);
          return person === null ? null : { kind: 'person', name: person };
        },
        { brief: true },
      ),
  };
}
