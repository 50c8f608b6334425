/** Measures appended events per second, one command after the other. Baseline: an INSERT for each event. */
import { approve, checkRun, intend, resourceId } from '../test/support/builders/fixtures.ts';
import { type Figure, figureOf, inTurn, timed } from './support/figures.ts';
import { bareInsert, type Commands, connect, openStore, waiting } from './support/fill.ts';
import type { Bench } from './support/harness.ts';

const toFirstStep: Commands = (agent) => [
  ...waiting(agent),
  ['click:approve', approve()],
  ['run:1/check', checkRun(resourceId(agent))],
  ['run:1/enable-identity/1/intent', intend()],
];

/** For each request: first as many baseline rows as it has events, then each checkout. */
export async function append({ checkouts, newDatabase, rounds }: Bench): Promise<readonly Figure[]> {
  const databases = await Promise.all(checkouts.map(() => newDatabase()));
  const open = (checkout: string, index: number) => openStore(checkout, databases[index] ?? '', toFirstStep);
  const stores = await Promise.all(checkouts.map(open));
  await Promise.all(stores.map(({ append }) => append(0)));
  const { events } = (await connect(databases[0] ?? '').query('select seq::int as events from cmk.chain_head')).rows[0];
  const insert = await bareInsert(await newDatabase());
  const bare = async () => {
    for (let event = 0; event < events; event += 1) await insert();
  };
  const works = [bare, ...stores.map((store) => store.append)].map((work) => async (n: number) => ({
    perSecond: (events * 1_000) / (await timed(() => work(n))),
  }));
  const [baseline = [], ...values] = (await inTurn({ rounds, perRound: 60 }, works))('perSecond');
  return [figureOf('events appended', 'per second', 'a bare INSERT each', ['value', '≥', 300], values, [baseline])];
}
