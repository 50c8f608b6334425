import type { StepName } from '../../../src/domain/plan.ts';
import { Killed } from '../../support/builders/drive-run.ts';
import { under, version, wishForNewKey } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

/**
 * The process is killed at one turn of a run, before it or after it; then the run goes on from its events. What is written and
 * set is the same as without a kill, and of each attempt that was cut off the log says what is known.
 */
const setting = () => approvedRequest({ wished: wishForNewKey(), world: { keys: [] } });
const moments = ['before', 'after'] as const;

const writeOf: Partial<Record<StepName, string>> = {
  'enable-identity': 'resources.enableSystemIdentity',
  'make-key-version': 'keys.createIfMissing',
  'grant-key-access': 'grants.grant',
  'protect-vault': 'vaults.protect',
  'set-cmk': 'resources.setCustomerKey',
};

async function outcomeOf(kill: { readonly turn: number; readonly moment: (typeof moments)[number] } | null) {
  const { drive, load, azure, requests } = await setting();
  let taken = 0;
  const count = (): void => {
    taken += 1;
    if (taken === (kill?.turn ?? 0)) throw new Killed();
  };
  if (kill !== null) await expect(drive(1, { [kill.moment]: count })).rejects.toThrow(Killed);
  const cut = (await load()).progress.flatMap(({ name, state }) => (state === 'running' ? (writeOf[name] ?? []) : []));
  const sent = cut.filter((write) => azure.writes.includes(write));
  const done = await drive(1, kill === null ? { before: count } : {});
  const results = requests.all().flatMap(({ body }) => {
    return body.type === 'step-done' || body.type === 'step-failed' ? body : [];
  });
  const of = (wanted: (one: (typeof results)[number]) => boolean) =>
    results.filter(wanted).map(({ data }) => writeOf[data.step] ?? data.step);
  return {
    ...{ taken, cut, sent, state: done.state, key: azure.world.resource?.customerKey },
    writes: azure.writes.toSorted(),
    confirmed: of(({ type, data }) => type === 'step-done' && data.interrupted === true),
    failed: of(({ type }) => type === 'step-failed'),
    already: of(({ type, data }) => type === 'step-done' && data.already && data.interrupted !== true),
  };
}

const undisturbed = await outcomeOf(null);
const turns = Array.from({ length: undisturbed.taken }, (_, n) => n + 1);

it('takes a turn for the check, and for every stage an intent, its steps and what came of them', () => {
  expect(undisturbed).toMatchObject({ taken: 1 + 5 + 6 + 5, state: 'succeeded', key: under(version('c')) });
});

describe.each(moments)('a kill %s', (moment) => {
  it.each(turns)('turn %i changes nothing in what is written and set, and what was sent is confirmed', async (turn) => {
    const { cut, sent, state, writes, key, confirmed, failed, already } = await outcomeOf({ turn, moment });
    expect({ state, writes, key }).toEqual({ state: 'succeeded', writes: undisturbed.writes, key: undisturbed.key });
    expect({ confirmed, failed, already }).toEqual({
      confirmed: sent,
      failed: cut.filter((write) => !sent.includes(write)),
      already: [],
    });
  });
});
