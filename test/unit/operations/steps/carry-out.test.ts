import type { FoundCode } from '../../../../src/domain/failure.ts';
import { effectsOf, StepName } from '../../../../src/domain/plan.ts';
import { workOf } from '../../../../src/operations/registry.ts';
import { steps } from '../../../../src/operations/steps/registry.ts';
import { carryOut, memoizeReads } from '../../../../src/operations/steps/step.ts';
import { failure, id } from '../../../support/builders/commands.ts';
import {
  key,
  planFor,
  principal,
  resource,
  under,
  vault,
  version,
  wishForNewKey,
} from '../../../support/builders/plans.ts';
import {
  intent,
  nonce,
  receipt,
  type ScriptedAzure,
  scriptedAzure,
  type World,
} from '../../../support/builders/scripted-azure.ts';

const identified = resource({ systemAssigned: true, principalId: principal, tenantId: vault().tenantId });
const plan = planFor({ wished: wishForNewKey(), seen: { key: null } });
const outputs = { principalId: principal, keyVersion: version('c') };
const made = key({ version: version('c'), nonceHash: intent.nonceHash, created: intent.at });

type NoChange = 'recover-key' | 'enable-key-version' | 'disable-key-version' | 'verify';
const noChange: readonly StepName[] = [
  'recover-key',
  'enable-key-version',
  'disable-key-version',
  'verify',
] satisfies NoChange[];
const isChange = (name: StepName): name is Exclude<StepName, NoChange> => !noChange.includes(name);

/** For each step that changes something: what is there before, what is there when it is done, and its one write. */
const changes: Record<Exclude<StepName, NoChange>, { before: Partial<World>; done: Partial<World>; write: string }> = {
  'enable-identity': { before: {}, done: { resource: identified }, write: 'resources.enableSystemIdentity' },
  'make-key-version': { before: { keys: [] }, done: { keys: [made] }, write: 'keys.createIfMissing' },
  'grant-key-access': {
    before: { resource: identified },
    done: { resource: identified, granted: true },
    write: 'grants.grant',
  },
  'protect-vault': { before: {}, done: { vault: vault({ purgeProtection: true }) }, write: 'vaults.protect' },
  'set-cmk': {
    before: { resource: identified },
    done: { resource: resource({ ...identified, customerKey: under(version('c')) }) },
    write: 'resources.setCustomerKey',
  },
};
/** What is found where Azure said yes and nothing changed. */
const shown: Record<Exclude<StepName, NoChange>, FoundCode> = {
  'enable-identity': 'identity-not-shown',
  'make-key-version': 'key-not-there',
  'grant-key-access': 'grant-not-shown',
  'protect-vault': 'protection-not-shown',
  'set-cmk': 'key-not-shown',
};
const names = StepName.options.filter(isChange);
const run = (name: StepName, azure: ScriptedAzure) =>
  carryOut(steps[name], {
    ...{ azure, requestId: id, work: workOf(plan), approved: effectsOf(plan), outputs, nonce },
    own: { keyVersion: null, intents: [intent] },
    ...{ attempt: 1, confirms: false, outlast: null, pause: async () => undefined },
  });

describe.each(names)('%s', (name) => {
  const { before, done, write } = changes[name];

  it('does its one write, then reads back', async () => {
    const azure = scriptedAzure(before);
    expect(await run(name, azure)).toMatchObject({ ok: true, value: { already: false, receipt } });
    expect(azure.writes).toEqual([write]);
    expect(azure.world).toMatchObject(done);
  });

  it('looks first, and does nothing when it is so already', async () => {
    const azure = scriptedAzure(done);
    expect(await run(name, azure)).toMatchObject({ ok: true, value: { already: true, receipt: null } });
    expect(azure.writes).toEqual([]);
  });

  it('may run twice', async () => {
    const azure = scriptedAzure(before);
    const first = await run(name, azure);
    const second = await run(name, azure);
    expect(azure.writes).toEqual([write]);
    if (!first.ok || !second.ok) throw new Error('both runs were to work');
    expect(second.value).toEqual({ ...first.value, already: true, receipt: null });
  });

  it('is not done when Azure says yes and shows no change', async () => {
    const azure = scriptedAzure(before);
    azure.pretend(write);
    expect(await run(name, azure)).toMatchObject({
      ok: false,
      failure: { source: 'bot', found: { code: shown[name] } },
    });
  });

  it('passes on word for word what Azure refused, and does not read back then', async () => {
    const azure = scriptedAzure(before);
    const refusal = failure({ code: 'ScopeLocked', message: 'The scope is locked.', correlationId: 'c-7' });
    azure.refuse(write, refusal);
    expect(await run(name, azure)).toEqual({ ok: false, failure: refusal, outputs: {} });
  });

  it('says that the change was accepted where only the reading after it failed', async () => {
    const azure = scriptedAzure(before);
    const outage = failure({ next: 'wait', code: 'ServiceUnavailable', status: 503, change: 'none' });
    azure.before(write, () => {
      for (const read of ['resources.get', 'vaults.get', 'keys.get', 'keys.versions', 'grants.held'])
        azure.refuse(read, outage);
    });
    expect(await run(name, azure)).toMatchObject({ ok: false, failure: { code: outage.code, change: 'accepted' } });
  });

  it('touches nothing when it cannot look', async () => {
    const azure = scriptedAzure(before);
    const outage = failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 });
    for (const read of ['resources.get', 'vaults.get', 'keys.get']) azure.refuse(read, outage, 9);
    expect(await run(name, azure)).toEqual({ ok: false, failure: outage, outputs: {} });
    expect(azure.writes).toEqual([]);
  });
});

/** How often Azure is read over a whole request: test/scenario/paths.test.ts. */
describe('what is looked at', () => {
  it('is looked at anew also where the change did not work', async () => {
    const azure = scriptedAzure({ resource: identified });
    azure.refuse('grants.grant', failure({ next: 'wait' }));
    azure.before('grants.grant', () => {
      azure.world.resource = null;
    });
    await run('grant-key-access', azure);
    expect(await run('grant-key-access', azure)).toMatchObject({ ok: false, failure: { found: { code: 'missing' } } });
  });

  it('is looked at again where it could not be looked at', async () => {
    const azure = scriptedAzure({ resource: identified });
    const { azure: looking } = memoizeReads(azure);
    azure.refuse('vaults.get', failure({ next: 'wait' }));
    const { vaultId } = workOf(plan).to;
    expect((await looking.vaults.get(vaultId)).ok).toBe(false);
    expect((await looking.vaults.get(vaultId)).ok).toBe(true);
    await looking.vaults.get(vaultId);
    expect(azure.calls).toEqual(['vaults.get', 'vaults.get']);
  });
});

describe('what the plan rests on', () => {
  it.each([
    ['enable-identity', 'agent', { resource: null }],
    ['grant-key-access', 'agent', { resource: null }],
    ['set-cmk', 'agent', { resource: null }],
    ['verify', 'agent', { resource: null }],
    ['grant-key-access', 'vault', { resource: identified, vault: null }],
    ['protect-vault', 'vault', { resource: identified, vault: null }],
  ] as const)('is missed by %s when the %s is gone, and a person is asked', async (name, _what, world) => {
    const azure = scriptedAzure(world);
    expect(await run(name, azure)).toMatchObject({ ok: false, failure: { found: { code: 'missing' }, next: 'ask' } });
    expect(azure.writes).toEqual([]);
  });
});
