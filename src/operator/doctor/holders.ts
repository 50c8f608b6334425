/** The groups and persons that the policy names, as the directory has them. */

import type { PersonId } from '../../domain/ids.ts';
import type { DirectoryEntry, Groups } from '../../domain/ports/azure.ts';
import { countOf } from '../../text/count.ts';

/** `unknown`: the directory did not say. Null: it has neither a group nor a person under the id. */
export type Holder = { readonly id: string; readonly entry: DirectoryEntry | null | 'unknown' };

/** Every id is looked up once, however many rules name it. */
export async function lookUp(
  groups: Pick<Groups, 'look'>,
  ids: readonly string[],
): Promise<(ids: readonly string[]) => readonly Holder[]> {
  const unique = [...new Set(ids.map((id) => id.toLowerCase()))];
  const found = await Promise.all(
    unique.map(async (id) => {
      const outcome = await groups.look(id);
      return [id, outcome.ok ? outcome.value : ('unknown' as const)] as const;
    }),
  );
  const entries = new Map(found);
  return (wanted) => wanted.map((id) => ({ id, entry: entries.get(id.toLowerCase()) ?? null }));
}

/** Everybody behind the holders; null where the directory did not tell all of them. */
export function peopleOf(holders: readonly Holder[]): ReadonlySet<string> | null {
  const people = new Set<PersonId | string>();
  for (const { id, entry } of holders) {
    if (entry === 'unknown' || (entry?.kind === 'group' && !entry.complete)) return null;
    if (entry?.kind === 'person') people.add(id.toLowerCase());
    if (entry?.kind === 'group') for (const member of entry.members) people.add(member);
  }
  return people;
}

function wordsOf({ id, entry }: Holder): string {
  if (entry === 'unknown') return `${id}, of which the directory did not say what it is`;
  if (entry === null) return `${id}, which is neither a group nor a person`;
  if (entry.kind === 'person') return entry.name;
  const more = entry.complete ? '' : 'more than ';
  return `group ${entry.name} with ${more}${countOf(entry.members.length, 'person', 'people')}`;
}

/** `group CMK approvers with 2 people; Second approver` */
export const holderWords = (holders: readonly Holder[]): string =>
  holders.length === 0 ? 'nobody' : holders.map(wordsOf).join('; ');
