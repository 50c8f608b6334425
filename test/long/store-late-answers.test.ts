import { approve, plan, submit } from '../support/builders/commands.ts';
import { requestId, resourceId } from '../support/builders/fixtures.ts';
import { type SlowWire, startSlowWire } from '../support/processes/slow-wire.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { openTestStore, type TestStore } from '../support/store/test-stores.ts';

/** One process reads and writes on several connections, and their answers overtake each other. */

const seed = Number(process.env.CMK_PROPERTY_SEED ?? Date.now() % 1_000_000);
function* numbers(): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

/** Every fifth answer comes after many that were asked for later. */
const lateMs = 60;

describe('answers of the database that overtake each other', () => {
  let wire: SlowWire;
  let store: TestStore;
  let isSlow = false;

  beforeAll(async () => {
    const draw = numbers();
    wire = await startSlowWire(await newDatabase(), () => (isSlow && draw.next().value < 0.2 ? lateMs : 0));
    store = await openTestStore(wire.url);
    process.stdout.write(`late answers: seed ${seed}\n`);
  });
  afterAll(async () => {
    isSlow = false;
    await store?.close();
    wire?.stop();
  });

  it('are not taken for a record that somebody changed: what was read before an event was stored need not have it', async () => {
    isSlow = true;
    const reads = (id: ReturnType<typeof requestId>) => [
      () => store.requests.load(id),
      () => store.requests.list(10, 0),
      () => store.requests.open(),
      () => store.requests.countOpen(),
      () => store.requests.countOpen(),
      () => store.auditLog.lines(null, 1_000),
    ];
    /** One after the other, so that there is always something to be learnt. */
    const written = async (id: ReturnType<typeof requestId>, name: string): Promise<void> => {
      await store.append(id, 'submit', submit({ plan: plan(resourceId(name)), resourceName: name }));
      await store.append(id, 'click:approve', approve());
    };
    const count = 24;
    for (let n = 1; n <= count; n += 3) {
      const ids = [n, n + 1, n + 2];
      const readers = ids
        .flatMap((one) => reads(requestId(one)))
        .map(async (read) => {
          for (let times = 0; times < 4; times += 1) await read();
        });
      await Promise.all([...ids.map((one) => written(requestId(one), `bot-${one}`)), ...readers]);
    }
    expect(await store.requests.countOpen()).toMatchObject({ approved: count });
  });
});
