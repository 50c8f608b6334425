/** Names of people, for cards: as Teams last gave them. */
import { PersonId } from '../domain/ids.ts';
import type { People } from '../domain/ports/store.ts';
import { type Mention, mention } from './plain-text.ts';
import type { Names } from './views/parts.ts';

export interface Directory {
  names(ids: readonly PersonId[]): Promise<Names>;
  /** `Approver, Second approver`, or how many groups there are. */
  describe(approvers: readonly string[]): Promise<string>;
  /** Mentions of those approvers whom Teams has named, at most ten. */
  mentions(approvers: readonly string[]): Promise<readonly Mention[]>;
}

const mostMentions = 10;

export function openDirectory(people: People): Directory {
  const known = async (ids: readonly string[]) => {
    const found = await Promise.all(
      ids.map(async (id) => {
        const person = PersonId.safeParse(id).data;
        return person === undefined ? null : people.get(person);
      }),
    );
    return found.filter((person) => person !== null);
  };
  return {
    async names(ids) {
      const unique = [...new Set(ids)];
      const found = new Map(await Promise.all(unique.map(async (id) => [id, await people.get(id)] as const)));
      return (id) => (id === null ? 'An operator' : (found.get(id)?.name ?? 'Somebody'));
    },
    async describe(approvers) {
      const named = await known(approvers);
      if (approvers.length === 0) return 'nobody: CMK_APPROVERS is empty';
      return named.length === 0 ? 'the configured approvers' : named.map((person) => person.name).join(', ');
    },
    async mentions(approvers) {
      const named = await known(approvers);
      return named.slice(0, mostMentions).map((person) => mention(person.memberId, person.name));
    },
  };
}
