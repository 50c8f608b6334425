/**
 * Membership in Entra groups through Microsoft Graph's `checkMemberGroups`, which follows nested groups and takes at most
 * 20 ids at a time. The product's identity needs the application permissions `GroupMember.Read.All` and `User.Read.All`.
 */
import { z } from 'zod';
import type { PersonId } from '../domain/ids.ts';
import type { Groups } from '../domain/ports/azure.ts';
import type { Connection, Line } from './connection.ts';
import { complaintOf } from './error-body.ts';

const idsAtOnce = 20;
const Members = z.object({ value: z.array(z.string()) });

/** Graph knows no such person, for one a guest who writes under an id of another tenant: then there are no groups either. */
function knowsNoSuch(line: Line, person: PersonId): boolean {
  const { last } = line.exchange;
  const told = last?.status === 404 ? complaintOf(last) : null;
  return told?.code === 'Request_ResourceNotFound' && told.message.toLowerCase().includes(person);
}

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
  };
}
