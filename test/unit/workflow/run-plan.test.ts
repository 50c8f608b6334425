import type { StepName } from '../../../src/domain/plan.ts';
import { keyFate } from '../../../src/domain/request/step-status.ts';
import { failure, settles } from '../../support/builders/commands.ts';
import { Killed } from '../../support/builders/drive-run.ts';
import { requester } from '../../support/builders/fixtures.ts';
import { key, principal, resource, under, version, wishToRepair } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

const killedAt = (at: StepName | 'record') => (turn: string) => {
  if (turn === at) throw new Killed();
};

it('asks before each change whether the run is still its own, also after it took the run over', async () => {
  const { azure, drive } = await approvedRequest();
  const fenced: boolean[] = [];
  let within = 0;
  azure.before('resources.enableSystemIdentity', () => fenced.push(within > 0));
  const permitted = async <T>(work: () => Promise<T>): Promise<T> => {
    within += 1;
    return work().finally(() => {
      within -= 1;
    });
  };
  azure.refuse('resources.enableSystemIdentity', failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 }));
  await expect(drive(1, { permitted, before: killedAt('record') })).rejects.toThrow(Killed);
  expect((await drive(1, { permitted })).state).toBe('succeeded');
  expect(fenced).toEqual([true, true]);
});

describe('an attempt whose process ended', () => {
  it('is confirmed by reading where Azure carried it out, and nothing is sent again', async () => {
    const { azure, drive, requests } = await approvedRequest();
    await expect(drive(1, { after: killedAt('enable-identity') })).rejects.toThrow(Killed);
    const { progress } = await drive();
    const [intended, done] = requests
      .all()
      .flatMap(({ body }) => ('step' in body.data && body.data.step === 'enable-identity' ? body : []));
    expect(done?.clientRequestId).toBe(intended?.clientRequestId);
    expect(done?.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(progress[0]).toMatchObject({ state: 'done', attempt: 1, already: false, interrupted: true });
    expect(azure.writes.filter((write) => write === 'resources.enableSystemIdentity')).toHaveLength(1);
    expect(requests.all().filter(({ body }) => body.type === 'step-failed')).toEqual([]);
  });

  it('has no known result where Azure doesn’t show it: the next attempt sends it, after another reading', async () => {
    const { azure, drive, events } = await approvedRequest();
    await expect(drive(1, { before: killedAt('enable-identity') })).rejects.toThrow(Killed);
    const { progress, state } = await drive();
    expect(state).toBe('succeeded');
    expect(progress[0]).toMatchObject({
      state: 'done',
      attempt: 2,
      already: false,
      interrupted: false,
      untouched: false,
    });
    expect(events().slice(1, 5)).toEqual(['step-intended', 'step-failed', 'step-intended', 'step-done']);
    expect(azure.writes.filter((write) => write === 'resources.enableSystemIdentity')).toHaveLength(1);
  });

  const settled = { provisioningState: 'Succeeded' };

  /** Killed after Azure accepted the key, and before it was through. */
  async function inTheMiddle() {
    const world = await approvedRequest();
    const { azure, drive } = world;
    await expect(drive(1, { after: killedAt('set-cmk') })).rejects.toThrow(Killed);
    azure.world.resource = resource({ ...azure.world.resource, customerKey: null, provisioningState: 'Accepted' });
    return world;
  }

  it('is waited for while Azure still carries it out', async () => {
    const { azure, drive, advance, events } = await inTheMiddle();
    let waits = 0;
    const done = await drive(1, {
      advance: (ms) => {
        advance(ms);
        waits += 1;
        if (waits === 5)
          azure.world.resource = resource({ ...azure.world.resource, ...settled, customerKey: under(version('a')) });
      },
    });
    expect(done.progress.find(({ name }) => name === 'set-cmk')).toMatchObject({ attempt: 1, interrupted: true });
    expect([done.state, keyFate(done)]).toEqual(['succeeded', 'changed']);
    expect(azure.writes.filter((write) => write === 'resources.setCustomerKey')).toHaveLength(1);
    expect(events()).not.toContain('step-failed');
  });

  it('is not denied where Azure doesn’t end it: a person is asked once, and a later run finds what it did', async () => {
    const { azure, drive, send, load, ports, events } = await inTheMiddle();
    const start = ports.now().getTime();
    const stuck = await drive();
    expect([stuck.state, keyFate(stuck)]).toEqual(['needs-attention', 'unknown']);
    expect(events().filter((type) => type === 'step-failed')).toHaveLength(1);
    expect(ports.now().getTime() - start).toBeGreaterThan(50_000);
    azure.world.resource = resource({ ...azure.world.resource, ...settled, customerKey: under(version('a')) });
    await send('click:retry', settles('retry', requester, { asking: stuck.asking }));
    const done = await drive((await load()).runs);
    expect([done.state, keyFate(done)]).toEqual(['succeeded', 'changed']);
    expect(done.progress.find(({ name }) => name === 'set-cmk')).toMatchObject({ already: false, interrupted: true });
    expect(azure.writes.filter((write) => write === 'resources.setCustomerKey')).toHaveLength(1);
  });

  it('says nothing of what a role of the vault did: the bot sends nothing there', async () => {
    const agent = resource({ systemAssigned: true, principalId: principal, customerKey: under(version('a')) });
    const { azure, drive } = await approvedRequest({
      wished: wishToRepair(),
      world: { resource: agent, keys: [key({ enabled: false })], granted: true },
    });
    await expect(drive(1, { before: killedAt('enable-key-version') })).rejects.toThrow(Killed);
    azure.world.keys = [key()];
    const { progress } = await drive();
    expect(progress[0]).toMatchObject({ name: 'enable-key-version', already: true, interrupted: false });
  });
});

it('says of what somebody else did after its intent that it was so already', async () => {
  const { azure, load, drive } = await approvedRequest();
  const before = async (turn: string): Promise<void> => {
    if (turn === 'enable-identity')
      await azure.resources.enableSystemIdentity((await load()).plan.spec.resource, resource());
  };
  expect((await drive(1, { before })).progress[0]).toMatchObject({ already: true, interrupted: false });
});
