import fc from 'fast-check';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Command } from '../../src/domain/request/request-command.ts';
import { requestId } from '../support/builders/fixtures.ts';
import { type Book, lead } from '../support/builders/model-turns.ts';
import { noon } from '../support/builders/plans.ts';
import { modelTurn } from '../support/builders/random-turns.ts';
import type { StoreProcess } from '../support/store/store-client.ts';
import { onEveryDatabase } from '../support/store/store-databases.ts';

/** The lives of `right-people.property` once more, through the store's own `append`: its transaction, its causes, its one open request an agent. */
/** Fewer on the embedded database, which production does not use and which takes several times as long. */
const numRuns = { 'on PGlite': 2, 'on PostgreSQL': 10 };

/** Of an agent that no other life knows: what those left open keeps it from nobody. */
function ofLife(life: number, command: Command): Command {
  const own: Command = JSON.parse(JSON.stringify(command).replaceAll(/\bbot-(care|ward)\b/g, `bot-$1-${life}`));
  return own;
}

/** Lives on one record, one after the other: each has requests and agents of its own, and begins when the one before is over. */
class Lives {
  private readonly store: StoreProcess;
  private life = 0;
  /** The latest time at which something was stored. */
  private latest = noon.getTime();

  constructor(store: StoreProcess) {
    this.store = store;
  }

  begin(): { readonly book: Book; readonly begins: Date } {
    this.life += 1;
    const { store, life } = this;
    const own = (id: RequestId): RequestId => requestId(life * 10 + Number(id.slice(-1)));
    const book: Book = {
      append: async (id, cause, command, now) => {
        // The model stores by the latest time there was; a clock that was set back by hours is not believed, and waits.
        const at = Math.max(this.latest, now.getTime());
        await store.setClock(new Date(at));
        const outcome = await store.append(own(id), cause, ofLife(life, command)).catch((error: Error) => error);
        if ('replay' in outcome && !outcome.replay) this.latest = at;
        return outcome;
      },
      events: (id) => store.call('requests', 'events', own(id)),
      state: async (id) => (await store.call('requests', 'load', own(id)))?.state ?? null,
    };
    return { book, begins: new Date(this.latest) };
  }
}

await onEveryDatabase((databases, name) => {
  it('stores, of any attempt of anybody, what the promises say and nothing else', async () => {
    const lives = new Lives(await databases.start(await databases.fresh()));
    let ordered = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(modelTurn, { minLength: 60, maxLength: 90, size: 'max' }), async (turns) => {
        const { book, begins } = lives.begin();
        ordered += (await lead(book, turns, begins)).ordered;
      }),
      // What is wrong here and not in memory lies in the store: its smallest case is not worth minutes.
      { numRuns: numRuns[name], endOnFailure: true },
    );
    // So few lives as on PGlite need not reach a run.
    if (name !== 'on PGlite') expect(ordered).toBeGreaterThan(0);
  });
});
