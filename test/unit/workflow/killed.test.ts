import { Killed } from '../../support/builders/drive-run.ts';
import { under, version, wishForNewKey } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

/**
 * The process is killed at one turn of a run, before it or after it but before the engine has stored what it returned; then
 * the run goes on from what the engine has. What comes out is what comes out without a kill.
 */
const setting = () => approvedRequest({ wished: wishForNewKey(), world: { keys: [] } });
const moments = ['before', 'after'] as const;

/** Everything that anybody could tell two runs apart by, but the times. */
async function outcomeOf(kill: { readonly turn: number; readonly moment: (typeof moments)[number] } | null) {
  const { drive, azure, requests, restart } = await setting();
  const journal: unknown[] = [];
  let taken = 0;
  const count = (): void => {
    taken += 1;
    if (taken === (kill?.turn ?? 0)) throw new Killed();
  };
  if (kill !== null) await expect(drive(1, { journal, [kill.moment]: count })).rejects.toThrow(Killed);
  restart();
  const done = await drive(1, { journal, ...(kill === null ? { before: count } : {}) });
  const causes = requests.all().map((event) => `${event.cause} ${event.body.type}`);
  return { taken, causes, state: done.state, writes: azure.writes, key: azure.world.resource?.customerKey };
}

const undisturbed = await outcomeOf(null);
const turns = Array.from({ length: undisturbed.taken }, (_, n) => n + 1);

it('takes a turn for the check, and for every stage an intent, its steps and what came of them', () => {
  expect(undisturbed).toMatchObject({ taken: 1 + 5 + 6 + 5, state: 'succeeded', key: under(version('c')) });
});

describe.each(moments)('a kill %s', (moment) => {
  it.each(turns)('turn %i changes nothing in what is stored, written and set', async (turn) => {
    const { causes, state, writes, key } = await outcomeOf({ turn, moment });
    expect({ causes, state, key }).toEqual({
      causes: undisturbed.causes,
      state: undisturbed.state,
      key: undisturbed.key,
    });
    expect(writes).toEqual(undisturbed.writes);
  });
});
