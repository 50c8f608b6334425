/** Names of people, as Teams last gave them; an id where nobody knows. */

import { PersonId } from '../../domain/ids.ts';
import type { Records } from '../rpc/calls.ts';

export async function namesOf(
  records: Records,
  ids: readonly (string | null)[],
): Promise<(id: string | null) => string> {
  const people = [...new Set(ids)].flatMap((id) => PersonId.safeParse(id).data ?? []);
  const found = await Promise.all(people.map(async (id) => [id, (await records.person({ id })).name] as const));
  const known = new Map<string, string | null>(found);
  return (id) => (id === null ? 'an operator' : (known.get(id) ?? id));
}
