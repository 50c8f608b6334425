import fc from 'fast-check';
import type { RequestId } from '../../src/domain/ids.ts';
import { requestId } from '../support/fixtures.ts';
import type { StoreProcess } from '../support/store-client.ts';
import { onEveryDatabase } from '../support/store-databases.ts';
import { type Book, lead, modelTurn } from '../unit/support/model-turns.ts';

/** The lives of `right-people.property` once more, through the store's own `append`: its transaction, its causes, its one open request an agent. */
const numRuns = 10;

/** Each life has a record of its own, and a day that begins at noon: what a record holds cannot be taken away again. */
async function bookIn(store: StoreProcess, life: number): Promise<Book> {
  let latest = 0;
  const own = (id: RequestId): RequestId => requestId(life * 10 + Number(id.slice(-1)));
  return {
    async append(id, cause, command, now) {
      // The model stores by the latest time there was; a clock that was set back by hours is not believed, and waits.
      const at = Math.max(latest, now.getTime());
      await store.setClock(new Date(at));
      const outcome = await store.append(own(id), cause, command).catch((error: Error) => error);
      if ('replay' in outcome && !outcome.replay) latest = at;
      return outcome;
    },
    events: (id) => store.call('requests', 'events', own(id)),
    state: async (id) => (await store.call('requests', 'load', own(id)))?.state ?? null,
  };
}

await onEveryDatabase((databases) => {
  it('stores, of any attempt of anybody, what the promises say and nothing else', async () => {
    let life = 0;
    let ordered = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(modelTurn, { minLength: 60, maxLength: 90, size: 'max' }), async (turns) => {
        life += 1;
        const store = await databases.start(await databases.fresh());
        ordered += (await lead(await bookIn(store, life), turns)).ordered;
        await store.close();
      }),
      // What is wrong here and not in memory lies in the store: its smallest case is not worth minutes.
      { numRuns, endOnFailure: true },
    );
    expect(ordered).toBeGreaterThan(0);
  });
});
