import fc from 'fast-check';
import type { RequestId } from '../../src/domain/ids.ts';
import { requestId } from '../support/fixtures.ts';
import type { StoreProcess } from '../support/store-client.ts';
import { onEveryDatabase } from '../support/store-databases.ts';
import { type Book, lead, modelTurn } from '../unit/support/model-turns.ts';

/** The lives of `right-people.property` once more, through the store's own `append`: its transaction, its causes, its one open request an agent. */
const numRuns = 10;

/** Each life has requests of its own, and a day that begins at noon. */
async function bookIn(store: StoreProcess, life: number): Promise<Book> {
  await store.sql('delete from cmk.open_request');
  await store.sql('update cmk.chain_head set time = null');
  const own = (id: RequestId): RequestId => requestId(life * 10 + Number(id.slice(-1)));
  return {
    async append(id, cause, command, now) {
      await store.setClock(now);
      return store.append(own(id), cause, command).catch((error: Error) => error);
    },
    events: (id) => store.call('requests', 'events', own(id)),
    state: async (id) => (await store.call('requests', 'load', own(id)))?.state ?? null,
  };
}

await onEveryDatabase((databases) => {
  it('stores, of any attempt of anybody, what the promises say and nothing else', async () => {
    const options = await databases.fresh();
    const store = await databases.start(options);
    let life = 0;
    let ordered = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(modelTurn, { minLength: 60, maxLength: 90, size: 'max' }), async (turns) => {
        life += 1;
        ordered += (await lead(await bookIn(store, life), turns)).ordered;
      }),
      // What is wrong here and not in memory lies in the store: its smallest case is not worth minutes.
      { numRuns, endOnFailure: true },
    );
    expect(ordered).toBeGreaterThan(0);
  });
});
