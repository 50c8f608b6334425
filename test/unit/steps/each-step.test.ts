import { createKey } from '../../../src/steps/create-key.ts';
import { enableIdentity } from '../../../src/steps/enable-identity.ts';
import { observe } from '../../../src/steps/observe.ts';
import { protectVault } from '../../../src/steps/protect-vault.ts';
import { setCmk } from '../../../src/steps/set-cmk.ts';
import { carryOut, type Step } from '../../../src/steps/step.ts';
import { verify } from '../../../src/steps/verify.ts';
import { failure } from '../support/commands.ts';
import {
  agent,
  key,
  newKey,
  observation,
  planFor,
  principal,
  under,
  vault,
  version,
  wish,
  wishForNewKey,
} from '../support/plans.ts';
import { scriptedAzure, type World } from '../support/scripted-azure.ts';

const identified = agent({ systemAssigned: true, principalId: principal, tenantId: vault().tenantId });
const run = (step: Step, world: Partial<World>, plan = planFor(), born: Record<string, string> = {}) => {
  const azure = scriptedAzure(world);
  return { azure, outcome: carryOut(step, { azure, plan, born }) };
};
const differs = (message: RegExp, next: 'ask' | 'retry-until') => ({
  ok: false,
  failure: { code: 'ReadBackDiffers', next, message: expect.stringMatching(message) },
});

describe('enabling the identity', () => {
  it('bears the principal and its tenant for the grant', async () => {
    const { outcome } = run(enableIdentity, {});
    expect(await outcome).toMatchObject({
      value: { born: { principalId: principal, principalTenantId: vault().tenantId } },
    });
  });

  it('plans to add to the user-assigned identities and asks Azure for that only', async () => {
    const both = agent({ userAssignedIds: ['one'] });
    expect(enableIdentity.effects(observation({ agent: both }), wish())).toEqual([
      { target: both.id, property: 'identity.systemAssigned', before: 'user-assigned', value: 'on' },
    ]);
    const { azure, outcome } = run(enableIdentity, { agent: both });
    expect(await outcome).toMatchObject({ ok: true });
    expect(azure.world.agent?.userAssignedIds).toEqual(['one']);
  });

  it('waits for an identity that has no principal yet', async () => {
    const { outcome } = run(enableIdentity, { agent: agent({ systemAssigned: true }) });
    expect(await outcome).toMatchObject(differs(/no system-assigned identity/, 'retry-until'));
  });
});

describe('creating the key', () => {
  const plan = planFor({ wished: wishForNewKey(), seen: { key: null } });

  it('bears the version that was made', async () => {
    expect(await run(createKey, { keys: [] }, plan).outcome).toMatchObject({
      value: { born: { keyVersion: version('c') } },
    });
  });

  it.each([
    ['another type', { type: 'EC' }, /type is EC, not RSA/],
    ['another size', { size: 2048 }, /size is 2048, not 3072/],
    ['operations that do not wrap', { operations: ['sign'] }, /may not wrap and unwrap/],
    ['an expiry', { expires: '2030-01-01T00:00:00.000Z' }, /expires 2030-01-01T00:00:00.000Z, not never/],
  ])('asks a person about a key of that name with %s', async (_what, change, message) => {
    expect(await run(createKey, { keys: [key(change)] }, plan).outcome).toMatchObject(differs(message, 'ask'));
  });

  it('names all differences at once', async () => {
    const { outcome } = run(createKey, { keys: [key({ type: 'EC', size: null, operations: [] })] }, plan);
    expect(await outcome).toMatchObject(differs(/type is EC.*size is null.*may not wrap/, 'ask'));
  });

  it('compares the expiry by day, because Azure rounds it', async () => {
    const expires = '2030-01-01T00:00:00.000Z';
    const dated = planFor({ wished: wishForNewKey({ newKey: { ...newKey, expires } }), seen: { key: null } });
    const { outcome } = run(createKey, { keys: [key({ expires: '2030-01-01T00:00:01Z' })] }, dated);
    expect(await outcome).toMatchObject({ ok: true });
  });
});

describe('protecting the vault', () => {
  it.each([
    [true, ['purgeProtection']],
    [false, ['softDelete', 'purgeProtection']],
  ])('plans what is missing when soft delete is %s', async (softDelete, properties) => {
    const bare = vault({ softDelete });
    expect(protectVault.effects(observation({ vault: bare }), wish()).map((effect) => effect.property)).toEqual(
      properties,
    );
    const { azure, outcome } = run(protectVault, { vault: bare });
    expect(await outcome).toMatchObject({ ok: true });
    expect(azure.world.vault).toMatchObject({ softDelete: true, purgeProtection: true });
  });
});

it('does not take a vault for protected while either protection is off', async () => {
  for (const half of [{ softDelete: false, purgeProtection: true }, { purgeProtection: false }]) {
    const azure = scriptedAzure({ vault: vault(half) });
    azure.pretend('vaults.protect');
    const outcome = await carryOut(protectVault, { azure, plan: planFor(), born: {} });
    expect(outcome).toMatchObject(differs(/does not show/, 'retry-until'));
    expect(azure.writes).toEqual(['vaults.protect']);
  }
});

describe('setting the key', () => {
  it('pins the chosen version', async () => {
    const { azure, outcome } = run(setCmk, { agent: identified });
    expect(await outcome).toMatchObject({ ok: true });
    expect(azure.world.agent?.customerKey).toEqual(under(version('a')));
  });

  it('pins the version that was born, not the newest', async () => {
    const plan = planFor({ wished: wishForNewKey(), seen: { key: null } });
    const keys = [key({ version: version('c') }), key({ version: version('d') })];
    const { azure } = run(setCmk, { agent: identified, keys }, plan, { keyVersion: version('c') });
    await Promise.resolve();
    expect(await carryOut(setCmk, { azure, plan, born: { keyVersion: version('c') } })).toMatchObject({ ok: true });
    expect(azure.world.agent?.customerKey?.keyVersion).toBe(version('c'));
  });

  it('cannot be carried out before the version is known: a bug, not a guess', async () => {
    const plan = planFor({ wished: wishForNewKey(), seen: { key: null } });
    await expect(run(setCmk, { agent: identified }, plan).outcome).rejects.toThrow('not known yet');
  });

  it('waits until Azure has settled, also when the key is shown already', async () => {
    const updating = agent({ ...identified, provisioningState: 'Updating', customerKey: under(version('a')) });
    const { azure, outcome } = run(setCmk, { agent: updating });
    expect(await outcome).toMatchObject(differs(/Updating/, 'retry-until'));
    expect(azure.writes).toEqual([]);
  });

  it.each([
    ['another key', under(version('b'), { keyName: 'other' }), /key other in/],
    ['another version of the key', under(version('b')), /key care in/],
    ['whatever version is newest', under(null), /key care in/],
  ])('leaves an agent alone that somebody put under %s meanwhile', async (_what, customerKey, message) => {
    const { azure, outcome } = run(setCmk, { agent: agent({ ...identified, customerKey }) });
    expect(await outcome).toMatchObject(differs(message, 'ask'));
    expect(azure.writes).toEqual([]);
  });

  it('says what the agent shows when it is not the key that was set', async () => {
    const azure = scriptedAzure({ agent: identified });
    azure.pretend('agents.setCustomerKey');
    const outcome = await carryOut(setCmk, { azure, plan: planFor(), born: {} });
    expect(outcome).toMatchObject(differs(/no customer-managed key/, 'ask'));
  });
});

describe('verifying', () => {
  const done: Partial<World> = {
    agent: agent({ ...identified, customerKey: under(version('a')) }),
    vault: vault({ purgeProtection: true }),
    granted: true,
  };

  it('proves the read-back, the permission and the use of the key, and writes nothing', async () => {
    const { azure, outcome } = run(verify, done);
    expect(await outcome).toMatchObject({
      value: {
        proofs: [
          { level: 'read-back', outcome: 'proved' },
          { level: 'permission-held', outcome: 'proved' },
          { level: 'key-usable', outcome: 'proved' },
          { level: 'use-seen', outcome: 'not-checked' },
        ],
      },
    });
    expect(azure.writes).toEqual([]);
  });

  it('claims no use of a key that the bot may not use', async () => {
    const { outcome } = run(verify, { ...done, probe: 'not-allowed' });
    const read = await outcome;
    expect(read.ok && read.value.proofs).toContainEqual({ level: 'key-usable', outcome: 'not-checked' });
  });

  it.each<[string, Partial<World>]>([
    ['the key', { agent: identified }],
    ['the vault’s protection', { vault: vault() }],
    ['the permission', { granted: false }],
  ])('is not done when %s does not read back', async (_what, change) => {
    expect(await run(verify, { ...done, ...change }).outcome).toMatchObject({
      ok: false,
      failure: { code: 'ReadBackDiffers' },
    });
  });

  it('is not done when the key does not work', async () => {
    const azure = scriptedAzure(done);
    azure.refuse('keys.probe', failure({ code: 'KeyDisabled' }));
    expect(await carryOut(verify, { azure, plan: planFor(), born: {} })).toMatchObject({
      failure: { code: 'KeyDisabled' },
    });
  });
});

describe('observing', () => {
  it('sees agent, vault, key and grant together', async () => {
    const seen = await observe(scriptedAzure({ agent: identified, granted: true }), wish());
    expect(seen).toEqual({ ok: true, value: observation({ agent: identified, grantHeld: true }) });
  });

  it('sees no grant where there is no identity, without asking', async () => {
    const azure = scriptedAzure({ granted: true });
    azure.refuse('grants.held', failure());
    expect(await observe(azure, wish())).toMatchObject({ ok: true, value: { grantHeld: false } });
  });

  it('takes a missing key for a fact, and a missing agent or vault for a failure', async () => {
    expect(await observe(scriptedAzure({ keys: [] }), wish())).toMatchObject({ ok: true, value: { key: null } });
    expect(await observe(scriptedAzure({ agent: null }), wish())).toMatchObject({
      failure: { code: 'NotFound', message: 'agent bot-care does not exist any more.' },
    });
    expect(await observe(scriptedAzure({ vault: null }), wish())).toMatchObject({
      failure: { code: 'NotFound', message: 'vault kv-care does not exist any more.' },
    });
  });
});
