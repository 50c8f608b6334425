/** Names of people for cards, as Teams last reported them. */
import type { PersonId } from '../../domain/ids.ts';
import type { People } from '../../domain/ports/store.ts';
import { isBlank } from '../../domain/strings.ts';
import type { Names } from '../../text/words.ts';

export interface Directory {
  names(ids: readonly PersonId[]): Promise<Names>;
}

export const openDirectory = (people: Pick<People, 'among'>): Directory => ({
  async names(ids) {
    const known = await people.among([...new Set(ids)]);
    const found = new Map(known.filter(({ name }) => !isBlank(name)).map(({ id, name }) => [id, name]));
    return (id) => (id === null ? 'An operator' : (found.get(id) ?? 'Someone'));
  },
});
