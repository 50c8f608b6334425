import { codeOf, done, type Failure, type FoundCode, type Outcome } from '../../../src/domain/failure.ts';
import { ArmId } from '../../../src/domain/ids.ts';
import type { Observation } from '../../../src/domain/observed.ts';
import { effectsOf, StepName } from '../../../src/domain/plan.ts';
import { operationOf, type StoredChangeSpec, workOf } from '../../../src/operations/registry.ts';
import { enableIdentity } from '../../../src/operations/steps/enable-identity.ts';
import { grantKeyAccess } from '../../../src/operations/steps/grant-key-access.ts';
import { makeKeyVersion } from '../../../src/operations/steps/make-key-version.ts';
import { protectVault } from '../../../src/operations/steps/protect-vault.ts';
import { steps } from '../../../src/operations/steps/registry.ts';
import { setCmk } from '../../../src/operations/steps/set-cmk.ts';
import { carryOut, memoizeReads, type Step, type StepContext } from '../../../src/operations/steps/step.ts';
import { verify } from '../../../src/operations/steps/verify.ts';
import { expectedWords, messageOf } from '../../../src/text/failures.ts';
import { failure, id } from '../../support/builders/commands.ts';
import {
  guards,
  key,
  newKey,
  observation,
  planFor,
  principal,
  resource,
  spec,
  under,
  vault,
  version,
  wishForNewKey,
  wishToRepair,
} from '../../support/builders/plans.ts';
import {
  hashOf,
  intent,
  nonce,
  receipt,
  type ScriptedAzure,
  scriptedAzure,
  type World,
} from '../../support/builders/scripted-azure.ts';

const identified = resource({ systemAssigned: true, principalId: principal, tenantId: vault().tenantId });
/** Without more: the process that stored what its tries' keys carry has them still, or again. */
const tried = { confirms: false, intents: [intent] };
const contextOf = (
  azure: ScriptedAzure,
  plan = planFor(),
  outputs: Record<string, string> = {},
  { confirms, intents } = tried,
): StepContext => ({
  azure,
  requestId: id,
  work: workOf(plan),
  approved: effectsOf(plan),
  outputs,
  own: { keyVersion: null, intents },
  nonce,
  attempt: 1,
  confirms,
  outlast: null,
  pause: async () => undefined,
});
const run = (
  step: Step,
  world: Partial<World>,
  plan = planFor(),
  outputs: Record<string, string> = {},
  tries = tried,
) => {
  const azure = scriptedAzure(world);
  return { azure, outcome: carryOut(step, contextOf(azure, plan, outputs, tries)) };
};
const observe = (azure: ScriptedAzure, wished: StoredChangeSpec) => operationOf(wished).observe(azure, wished, null);
/** What the bot found, and what it says of it. */
function saidOf(outcome: Outcome<unknown>) {
  if (outcome.ok) return { ok: true };
  const { failure: why } = outcome;
  const said = messageOf(why);
  const expected = expectedWords(why);
  return { next: why.next, code: codeOf(why), said: expected === null ? said : `${said} | ${expected}` };
}
const differs = (said: RegExp, next: Failure['next']) => ({ next, said: expect.stringMatching(said) });

describe('enabling the identity', () => {
  it('plans to add to the user-assigned identities', () => {
    const both = resource({ userAssignedIds: ['one'] });
    expect(enableIdentity.effects(workOf({ spec: spec(), observation: observation({ resource: both }) }))).toEqual([
      { change: 'identity', target: both.id, before: 'user-assigned' },
    ]);
  });

  it('waits for an identity that has no principal yet', async () => {
    const { outcome } = run(enableIdentity, { resource: resource({ systemAssigned: true }) });
    expect(saidOf(await outcome)).toMatchObject(differs(/no system-assigned identity/, 'retry-until'));
  });

  const group = resource().id.slice(0, resource().id.indexOf('/providers'));
  const reports = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reports`;
  const plan = planFor({ seen: { resource: resource({ userAssignedIds: [reports] }) } });
  const lost = {
    ok: false,
    failure: { next: 'ask', found: { code: 'identity-lost', id: expect.stringContaining('reports') } },
  };

  it('asks a person when a user-assigned identity did not survive the change', async () => {
    const { azure, outcome } = run(enableIdentity, { resource: resource({ userAssignedIds: [reports] }) }, plan);
    azure.before('resources.enableSystemIdentity', () => {
      azure.world.resource = resource({ userAssignedIds: [] });
    });
    expect(await outcome).toMatchObject(lost);
    expect(azure.writes).toEqual(['resources.enableSystemIdentity']);
  });

  it('knows an identity in any spelling', async () => {
    const shouted = resource({ userAssignedIds: [reports.toUpperCase()] });
    expect(await run(enableIdentity, { resource: shouted }, plan).outcome).toMatchObject({ ok: true });
  });
});

/** What others import under its name: test/unit/workflow/own-key.test.ts. */
describe('creating the key', () => {
  const plan = planFor({ wished: wishForNewKey(), seen: { key: null } });

  const own = { nonceHash: intent.nonceHash, created: intent.at };
  const says = (found: object) => ({ ok: false, failure: { next: 'ask', found } });
  const later = (minutes: number) => new Date(Date.parse(intent.at) + minutes * 60_000).toISOString();
  const inAMinute = later(1);

  it('makes nothing in a try that another process began: another try has another nonce', async () => {
    const { azure, outcome } = run(makeKeyVersion, { keys: [] }, plan, {}, { confirms: true, intents: [intent] });
    expect(await outcome).toMatchObject({ failure: { next: 'wait', found: { code: 'interrupted' } } });
    expect(azure.writes).toEqual([]);
  });

  it.each([
    ['its mark stands on another version too', { ...own, created: inAMinute }, {}, 'copied'],
    ['another version is as old as it', { created: intent.at }, {}, 'not-the-first'],
    ['it is said to be made long before', null, { created: later(-10) }, 'made-at-another-time'],
    ['it is said to be made long after', null, { created: later(10) }, 'made-at-another-time'],
  ])(
    'asks a person about what carries its mark where no answer was heard and %s',
    async (_why, beside, change, doubt) => {
      const others = beside === null ? [] : [key({ version: version('e'), ...beside })];
      const { azure, outcome } = run(makeKeyVersion, { keys: [key({ ...own, ...change }), ...others] }, plan);
      expect(await outcome).toMatchObject(says({ code: 'key-doubtful', doubt }));
      expect(azure.writes).toEqual([]);
    },
  );

  it('does not take a key that somebody else made meanwhile, however well it fits', async () => {
    const others = says({ code: 'key-of-others' });
    const found = run(makeKeyVersion, { keys: [key({ nonceHash: hashOf('another') })] }, plan);
    expect(await found.outcome).toMatchObject(others);
    expect(found.azure.writes).toEqual([]);
    const raced = run(makeKeyVersion, { keys: [] }, plan);
    raced.azure.before('keys.createIfMissing', () => raced.azure.world.keys.push(key()));
    expect(await raced.outcome).toMatchObject(others);
  });

  it('keeps what Azure answered when reading back fails', async () => {
    const azure = scriptedAzure({ keys: [] });
    azure.before('keys.createIfMissing', () => azure.refuse('keys.get', failure({ next: 'wait' })));
    const outcome = await carryOut(makeKeyVersion, contextOf(azure, plan));
    expect(outcome).toMatchObject({ ok: false, outputs: { keyVersion: version('c') } });
  });

  it.each([
    ['another type', { type: 'EC' }, /type is EC, not RSA/],
    ['another size', { size: 2048 }, /size is 2048, not 3072/],
    ['operations that do not wrap', { operations: ['sign'] }, /doesn’t allow wrapping/],
    ['an expiry', { expires: '2030-01-01T00:00:00.000Z' }, /expires 2030-01-01, not never/],
    ['a switch that is off', { enabled: false }, /it is disabled/],
    ['a day before which it does not work', { notBefore: '2030-01-01T00:00:00.000Z' }, /not valid before 2030/],
    ['all of that', { type: 'EC', size: null, operations: [] }, /type is EC.*size is null.*doesn’t allow wrapping/],
  ])('asks a person about its own key when it has %s', async (_what, change, message) => {
    expect(saidOf(await run(makeKeyVersion, { keys: [key({ ...own, ...change })] }, plan).outcome)).toMatchObject(
      differs(message, 'ask'),
    );
  });

  it('compares the expiry by day, because Azure rounds it', async () => {
    const expires = '2030-01-01T00:00:00.000Z';
    const dated = planFor({ wished: wishForNewKey({ newKey: { ...newKey, expires } }), seen: { key: null } });
    const { outcome } = run(makeKeyVersion, { keys: [key({ ...own, expires: '2030-01-01T00:00:01Z' })] }, dated);
    expect(await outcome).toMatchObject({ ok: true });
  });
});

it('granting access does not mind another kind of access where no grant was to be made', async () => {
  const plan = planFor({ seen: { grantHeld: true } });
  const switched = { resource: identified, vault: vault({ access: 'access-policies' }), granted: true } as const;
  expect(await run(grantKeyAccess, switched, plan).outcome).toMatchObject({ ok: true, value: { already: true } });
});

const working = { ...identified, provisioningState: 'Updating' };

it.each([
  ['enabling its identity', enableIdentity, resource({ provisioningState: 'Updating' })],
  ['setting its key', setCmk, working],
  ['setting the key that it shows already', setCmk, { ...working, customerKey: under(version('a')) }],
])('an agent that Azure is at work on is waited for, not written to: %s', async (_what, step, at) => {
  const { azure, outcome } = run(step, { resource: at });
  expect(await outcome).toMatchObject({ ok: false, failure: { next: 'wait', found: { code: 'resource-busy' } } });
  expect(azure.writes).toEqual([]);
});

it.each([
  [true, ['purge-protection']],
  [false, ['soft-delete', 'purge-protection']],
])('protecting the vault plans what is missing when soft delete is %s', async (softDelete, properties) => {
  const bare = vault({ softDelete });
  const work = workOf({ spec: spec(), observation: observation({ vault: bare }) });
  expect(protectVault.effects(work).map(({ change }) => change)).toEqual(properties);
  const { azure, outcome } = run(protectVault, { vault: bare });
  expect(await outcome).toMatchObject({ ok: true });
  expect(azure.world.vault).toMatchObject({ softDelete: true, purgeProtection: true });
});

it('does not take a vault for protected while soft delete is off', async () => {
  const azure = scriptedAzure({ vault: vault({ softDelete: false, purgeProtection: true }) });
  azure.pretend('vaults.protect');
  expect(saidOf(await carryOut(protectVault, contextOf(azure)))).toMatchObject(differs(/doesn’t show/, 'retry-until'));
  expect(azure.writes).toEqual(['vaults.protect']);
});

describe('setting the key', () => {
  it('knows the key by its name in any case', async () => {
    const customerKey = under(version('a'), { keyName: 'CARE' });
    const { azure, outcome } = run(setCmk, { resource: resource({ ...identified, customerKey }) });
    expect(await outcome).toMatchObject({ ok: true, value: { already: true } });
    expect(azure.writes).toEqual([]);
  });

  it('cannot be carried out before the version is known: a bug, not a guess', async () => {
    const plan = planFor({ wished: wishForNewKey(), seen: { key: null } });
    await expect(run(setCmk, { resource: identified }, plan).outcome).rejects.toThrow('Invalid input');
  });

  it.each([
    ['another key', under(version('b'), { keyName: 'other' }), /key other in/],
    ['another version of the key', under(version('b')), /key care in/],
    ['whatever version is newest', under(null), /key care in/],
  ])('leaves an agent alone that somebody put under %s meanwhile', async (_what, customerKey, message) => {
    const { azure, outcome } = run(setCmk, { resource: resource({ ...identified, customerKey }) });
    expect(saidOf(await outcome)).toMatchObject(differs(message, 'ask'));
    expect(azure.writes).toEqual([]);
  });

  describe('on an agent that an operation left Failed', () => {
    const provisioningState = 'Failed';

    it('is no success while it stays so, and is tried once more', async () => {
      const azure = scriptedAzure({ resource: resource({ ...identified, provisioningState }) });
      azure.before('resources.setCustomerKey', () => {
        azure.world.resource = resource({ ...identified, provisioningState, customerKey: under(version('a')) });
      });
      azure.pretend('resources.setCustomerKey');
      for (const sent of [1, 2]) {
        const outcome = await carryOut(setCmk, contextOf(azure));
        expect(saidOf(outcome)).toMatchObject(differs(/The agent is Failed/, 'retry-until'));
        expect(azure.writes).toHaveLength(sent);
      }
    });

    it('is sent although another write made it look settled since it was approved', async () => {
      const shown = { ...identified, customerKey: under(version('a')) };
      const plan = planFor({ seen: { resource: resource({ ...shown, provisioningState }) } });
      const { azure, outcome } = run(setCmk, { resource: resource(shown) }, plan);
      expect(await outcome).toMatchObject({ ok: true, value: { already: false } });
      expect(azure.writes).toEqual(['resources.setCustomerKey']);
    });

    it('still stops where somebody put it under another key', async () => {
      const other = resource({ ...identified, provisioningState, customerKey: under(version('b')) });
      const { azure, outcome } = run(setCmk, { resource: other });
      expect(saidOf(await outcome)).toMatchObject({ next: 'ask', code: 'key-moved' });
      expect(azure.writes).toEqual([]);
    });
  });
});

describe('verifying', () => {
  const done: Partial<World> = {
    resource: resource({ ...identified, customerKey: under(version('a')) }),
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

  it.each([
    ['the bot may not use', 'not-allowed', {}],
    ['a firewall keeps the test bytes from', 'firewalled', { because: 'firewall' }],
  ] as const)('claims no use of a key that %s', async (_what, probe, why) => {
    const read = await run(verify, { ...done, probe }).outcome;
    expect(read.ok && read.value.proofs).toContainEqual({ level: 'key-usable', outcome: 'not-checked', ...why });
  });

  const seenWith = (change: object) => ({ resource: resource({ ...done.resource, ...change }) });
  const throughUser = { ...under(version('a')), userIdentity: '/subscriptions/s/id-care' };

  it.each<[string, Partial<World>, Partial<Failure>, FoundCode]>([
    ['the key alone', seenWith({ customerKey: throughUser }), { next: 'ask' }, 'key-not-shown'],
    ['a settled agent', seenWith({ provisioningState: 'Failed' }), { next: 'ask' }, 'resource-not-settled'],
    ['the key', { resource: identified }, { next: 'wait' }, 'key-not-shown'],
    ['the vault’s protection', { vault: vault() }, { next: 'retry-until' }, 'protection-not-shown'],
    ['the permission', { granted: false }, { next: 'ask' }, 'access-gone'],
    ['the vault', { vault: null }, { next: 'ask' }, 'missing'],
  ])('is not done when %s does not read back', async (_what, change, next, code) => {
    expect(await run(verify, { ...done, ...change }).outcome).toMatchObject({
      ok: false,
      failure: { source: 'bot', ...next, found: { code } },
    });
  });

  it('is not done when the key does not work', async () => {
    const azure = scriptedAzure(done);
    azure.refuse('keys.probe', failure({ code: 'KeyDisabled' }));
    expect(await carryOut(verify, contextOf(azure))).toMatchObject({ failure: { code: 'KeyDisabled' } });
  });
});

describe('observing', () => {
  it('sees agent, vault, key and grant together', async () => {
    const care = { id: '40000000-0000-4000-8000-000000000001', name: 'Care production' };
    const nobody = { controllers: [], unseen: [], vaultSubscription: care, resourceSubscription: care };
    const seen = await observe(scriptedAzure({ resource: identified, granted: true }), spec());
    const others = { sameKey: [], vaultsAlike: [], keysAlike: [], unread: false };
    const value = observation({ resource: identified, grantHeld: true, control: nobody, others, guard: 'none' });
    expect(seen).toEqual(value);
  });

  it('sees who shares the key, in whatever case its name is written', async () => {
    const azure = scriptedAzure();
    const other = { id: ArmId.parse(`${resource().id}-ward`), name: 'ward', customerKey: under(version('b')) };
    const customerKey = { ...other.customerKey, keyName: 'CARE' };
    const resourceKeys = async () => done({ resources: [{ ...other, customerKey }], unread: [] });
    const seen = await observe({ ...azure, inventory: { ...azure.inventory, resourceKeys } }, spec());
    expect(seen).toMatchObject({ others: { sameKey: [{ name: 'ward' }] } });
  });

  it('sees no grant where there is no identity, without asking', async () => {
    const azure = scriptedAzure({ granted: true });
    azure.refuse('grants.held', failure());
    expect(await observe(azure, spec())).toMatchObject({ grantHeld: false });
  });
});

describe('carrying out', () => {
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
  const changes: Record<
    Exclude<StepName, NoChange>,
    { before: Partial<World>; done: Partial<World>; write: string }
  > = {
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
      expect(await run('grant-key-access', azure)).toMatchObject({
        ok: false,
        failure: { found: { code: 'missing' } },
      });
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
});

/** Steps that a role of the vault does: the bot reads, waits, and changes nothing. */

const disabled = key({ enabled: false });
const seen: Record<'recover-key' | 'enable-key-version', Partial<Observation>> = {
  'recover-key': { key: null, keyNow: null, guards: guards({ deletedKey: 'deleted' }) },
  'enable-key-version': { key: disabled },
};

async function attempt(name: keyof typeof seen, world: Partial<World>, number = 1, access = vault().access) {
  const agent = resource({ customerKey: under(version('a')), systemAssigned: true });
  const plan = planFor({
    wished: wishToRepair(),
    seen: { resource: agent, vault: vault({ access }), grantHeld: true, ...seen[name] },
  });
  const azure = scriptedAzure({ resource: agent, ...world });
  const outcome = await carryOut(steps[name], {
    ...{ azure, requestId: id, work: workOf(plan), approved: effectsOf(plan), outputs: {}, nonce: null },
    ...{ own: { keyVersion: null, intents: [] }, attempt: number, confirms: false, outlast: null },
    pause: async () => undefined,
  });
  expect(azure.writes).toEqual([]);
  return outcome;
}

describe.each([
  ['recover-key', { keys: [], deleted: 'deleted' }],
  ['enable-key-version', { keys: [disabled] }],
] as const)('%s', (name, before) => {
  it('waits for the role, which it names with vault, key and version', async () => {
    const task = { task: name, by: 'role-assignments', vault: 'kv-care', keyName: 'care', keyVersion: version('a') };
    const found = { code: 'role-needed', ...task };
    expect(await attempt(name, { ...before, keys: [...before.keys] })).toMatchObject({
      ok: false,
      failure: { next: 'retry-until', found },
    });
    const inPolicies = await attempt(name, { ...before, keys: [...before.keys] }, 1, 'access-policies');
    expect(inPolicies).toMatchObject({ failure: { found: { by: 'access-policies' } } });
  });

  it('is done once the version exists and is enabled', async () => {
    expect(await attempt(name, { keys: [key()] }, 2)).toMatchObject({ ok: true, value: { already: false } });
    expect(await attempt(name, { keys: [key()] })).toMatchObject({ ok: true, value: { already: true } });
  });

  it('doesn’t wait for the role if there is no deleted key any more', async () => {
    const check = { code: 'key-missing', fact: { deleted: 'none' } };
    expect(await attempt(name, { keys: [] })).toMatchObject({ failure: { found: { code: 'blocked', check } } });
  });
});

it('a version that is disabled after its recovery needs a person', async () => {
  expect(await attempt('recover-key', { keys: [disabled] }, 2)).toMatchObject({
    failure: { next: 'ask', found: { code: 'blocked', check: { code: 'key-disabled' } } },
  });
});
