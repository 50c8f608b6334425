import { decide } from '../../../src/domain/request/decide.ts';
import { storeResults } from '../../../src/workflow/attempt-step.ts';
import { endRunEarly, recordIntent, runPreRunCheck } from '../../../src/workflow/workflow-steps.ts';
import { cancels, decides, failure, id, settles } from '../../support/builders/commands.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';
import { key, noon, principal, resource, under, vault, version, wishForNewKey } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

const everyWrite = [
  'resources.enableSystemIdentity',
  'keys.createIfMissing',
  'grants.grant',
  'vaults.protect',
  'resources.setCustomerKey',
];

describe('a run', () => {
  it('takes an approved request to succeeded, every write once and each after its stored intent', async () => {
    const { drive, azure, events } = await approvedRequest({ wished: wishForNewKey(), world: { keys: [] } });
    const done = await drive();
    expect(done).toMatchObject({ state: 'succeeded', outputs: { keyVersion: version('c'), principalId: principal } });
    expect(azure.writes).toEqual(everyWrite);
    expect(azure.world.resource?.customerKey).toEqual(under(version('c')));
    expect(events()).toEqual([
      'run-checked',
      'step-intended',
      'step-intended',
      'step-done',
      'step-done',
      ...Array(4).fill(['step-intended', 'step-done']).flat(),
      'succeeded',
    ]);
    expect(done.progress.every((step) => step.state === 'done')).toBe(true);
  });

  it.each([
    ['ahead', 4],
    ['behind', -4],
  ])(
    'judges what it finds by the time at which that is stored, where the clock was %s when it looked',
    async (_how, days) => {
      const day = 86_400_000;
      const from = (some: number) => new Date(noon.getTime() + some * day).toISOString();
      const there = key({ notBefore: from(-2), expires: from(2) });
      const { ports, events } = await approvedRequest({ world: { keys: [there] } });
      const moved = { ...ports, now: () => new Date(ports.now().getTime() + days * day) };
      expect(await runPreRunCheck(moved, id, 1, 1)).toMatchObject({ go: true });
      expect(events()).toEqual(['run-checked']);
    },
  );

  it('sets the key whose creation Azure never answered, also under a plan approved again', async () => {
    const { drive, azure, send, load, requests, roleStatus } = await approvedRequest({
      wished: wishForNewKey(),
      world: { keys: [] },
    });
    azure.before('keys.createIfMissing', () => {
      const [nonceHash] = requests.all().flatMap(({ body }) => ('nonceHash' in body.data ? body.data.nonceHash : []));
      azure.world.keys = [key({ version: version('c'), nonceHash: nonceHash ?? null, created: noon.toISOString() })];
    });
    azure.refuse('keys.createIfMissing', failure({ change: 'unknown' }));
    expect(await drive()).toMatchObject({ state: 'needs-attention', outputs: {} });
    await send('click:retry', settles('retry', requester, { asking: (await load()).asking }));
    roleStatus.value = 'no';
    const { asking, plan } = await drive(2);
    expect(plan.steps.map(({ name }) => name)).not.toContain('make-key-version');
    roleStatus.value = 'yes';
    await send('click:again', decides('approve', approver, { asking }));
    const done = await drive((await load()).runs);
    expect(done).toMatchObject({ state: 'succeeded', outputs: { keyVersion: version('c') } });
    expect(azure.world.resource?.customerKey).toEqual(under(version('c')));
  });
});

/** What a run meets of Azure, and what comes of it: test/long/failures-doc.test.ts. */
describe('the check before a run', () => {
  const other = '60000000-0000-4000-8000-0000000000cd';
  const identified = resource({ systemAssigned: true, principalId: principal, tenantId: vault().tenantId });

  it('asks again for another identity that already has access, and the run then goes on with it', async () => {
    const { drive, azure, ports, load } = await approvedRequest({ world: { granted: true, resource: identified } });
    azure.world.resource = resource({ ...identified, principalId: other });
    const asked = await drive();
    expect(asked).toMatchObject({ state: 'awaiting-approval', replaced: { reason: 'effects-not-covered' } });
    const again = decides('approve', approver, { asking: asked.asking });
    await ports.requests.append(id, 'click:2', (request, at) => decide(request, again, at));
    expect(await drive((await load()).runs)).toMatchObject({ state: 'succeeded' });
    expect(azure.world.resource?.customerKey).toEqual(under(version('a')));
  });

  it('is made again where the first change comes long after it', async () => {
    const { drive, advance, events } = await approvedRequest();
    let begun = false;
    const before = (turn: string): void => {
      if (!begun && turn === 'intend') advance(3_600_000);
      begun ||= turn === 'intend';
    };
    expect(await drive(1, { before })).toMatchObject({ state: 'succeeded', runs: 1 });
    expect(events().slice(0, 3)).toEqual(['run-checked', 'run-checked', 'step-intended']);
  });

  it('waits while nobody can tell whether the approver is one', async () => {
    const { drive, roleStatus } = await approvedRequest();
    roleStatus.value = 'unknown';
    let checks = 0;
    const done = await drive(1, {
      before: () => {
        checks += 1;
        if (checks === 2) roleStatus.value = 'yes';
      },
    });
    expect(done.state).toBe('succeeded');
  });
});

it.each([
  ['a reject', () => decides('reject', approver), 'rejected'],
  ['a cancellation', () => cancels(), 'cancelled'],
] as const)(
  'a decision that comes while a run is being started %s between the check and the first intent wins',
  async (_what, command, state) => {
    const { drive, azure, send } = await approvedRequest();
    const ended = await drive(1, {
      before: async (turn) => {
        if (turn === 'intend') await send('click:late', command());
      },
    });
    expect(ended.state).toBe(state);
    expect(azure.writes).toEqual([]);
  },
);

it.each(['give-up', 'retry'] as const)('a process given up for dead finds its run over after a %s', async (verb) => {
  const { ports, drive, azure, send, load } = await approvedRequest();
  azure.refuse('resources.enableSystemIdentity', failure());
  const { asking } = await drive();
  expect(await recordIntent(ports, id, 1, [{ step: 'enable-identity', attempt: 1 }])).toEqual(new Map());
  await send('click:settle', settles(verb, requester, { asking }));
  expect(await recordIntent(ports, id, 1, [{ step: 'enable-identity', attempt: 1 }])).toEqual(new Map());
  expect((await load()).state).toBe(verb === 'retry' ? 'approved' : 'failed');
});

it('what a run stores is stored once, however often a turn is taken', async () => {
  const { ports, requests } = await approvedRequest();
  await runPreRunCheck(ports, id, 1, 1);
  const tries = [{ step: 'enable-identity', attempt: 1 } as const];
  expect([...(await recordIntent(ports, id, 1, tries))]).toMatchObject([['enable-identity', { nonce: null }]]);
  const { length } = requests.all();
  // Whoever takes the turn again doesn't know what was sent.
  expect(await recordIntent(ports, id, 1, tries)).toEqual(new Map());
  const results = [{ step: 'enable-identity', attempt: 1, outcome: 'failed', failure: failure() } as const];
  await storeResults(ports, id, 1, results);
  await storeResults(ports, id, 1, results);
  await endRunEarly(ports, id, 1, failure());
  expect(requests.all()).toHaveLength(length + 2);
});
