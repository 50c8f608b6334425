import { codeOf, type Failure, type FoundCode, type Outcome } from '../../../src/domain/failure.ts';
import type { Observation } from '../../../src/domain/observed.ts';
import { effectsOf, type Plan, StepName } from '../../../src/domain/plan.ts';
import { workOf } from '../../../src/operations/registry.ts';
import { steps } from '../../../src/operations/steps/registry.ts';
import { carryOut, type StepContext } from '../../../src/operations/steps/step.ts';
import { expectedWords, messageOf } from '../../../src/text/failures.ts';
import { failure, id } from '../../support/builders/commands.ts';
import {
  guards,
  key,
  newKey,
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
const forNewKey = planFor({ wished: wishForNewKey(), seen: { key: null } });
const outage = failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 });

interface Setting extends Partial<Pick<StepContext, 'outputs' | 'attempt' | 'confirms'>> {
  readonly plan?: Plan;
  readonly intents?: StepContext['own']['intents'];
}
/** Without more: the process that stored what its tries' keys carry has them still, or again. */
const contextOf = (azure: ScriptedAzure, { plan = planFor(), intents = [intent], ...more }: Setting): StepContext => ({
  azure,
  requestId: id,
  work: workOf(plan),
  approved: effectsOf(plan),
  outputs: {},
  nonce,
  attempt: 1,
  own: { keyVersion: null, intents },
  confirms: false,
  outlast: null,
  pause: async () => undefined,
  kind: { network: 'open' },
  now: new Date(intent.at),
  ...more,
});
const carry = (name: StepName, azure: ScriptedAzure, setting: Setting = {}) =>
  carryOut(steps[name], contextOf(azure, setting));
async function run(name: StepName, world: Partial<World>, setting: Setting = {}) {
  const azure = scriptedAzure(world);
  return { azure, outcome: await carry(name, azure, setting) };
}

/** What the bot found, and what it says of it. */
function saidOf(outcome: Outcome<unknown>) {
  if (outcome.ok) return { ok: true };
  const { failure: why } = outcome;
  const said = messageOf(why);
  const expected = expectedWords(why);
  return { next: why.next, code: codeOf(why), said: expected === null ? said : `${said} | ${expected}` };
}

const { id: agentId } = resource();
const reports = `${agentId.slice(0, agentId.indexOf('/providers'))}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reports`;
const withReports = { plan: planFor({ seen: { resource: resource({ userAssignedIds: [reports] }) } }) };
const own = { nonceHash: intent.nonceHash, created: intent.at };
const later = (minutes: number) => new Date(Date.parse(intent.at) + minutes * 60_000).toISOString();
const updating = { provisioningState: 'Updating' };
const in2030 = '2030-01-01T00:00:00.000Z';
const failedAgent = { ...identified, provisioningState: 'Failed' };
const showsKey = { ...identified, customerKey: under(version('a')) };
const dated = planFor({ wished: wishForNewKey({ newKey: { ...newKey, expires: in2030 } }), seen: { key: null } });
const agentUnder = (customerKey: ReturnType<typeof under>) => ({ resource: resource({ ...identified, customerKey }) });
const ownKey = (change: Parameters<typeof key>[0] = {}) => ({ keys: [key({ ...own, ...change })] });
const beside = (change: Parameters<typeof key>[0]) => ({ keys: [key(own), key({ version: version('e'), ...change })] });
const made = { plan: forNewKey };
const changes = (step: StepName, plan: Plan) => steps[step].effects(workOf(plan)).map(({ change }) => change);

/** What a step finds, and writes nothing: `already`, or who acts next and the failure's code, with what the bot says. */
type Found = readonly [what: string, world: Partial<World>, expected: string, said?: RegExp];
const finds = (name: StepName, setting: Setting, rows: readonly Found[]) =>
  test.each(rows.map((row): [string, Found] => [row[0], row]))(`${name} finds %s`, async (_, row) => {
    const [, world, expected, said = /^/] = row;
    const { azure, outcome } = await run(name, world, setting);
    if (expected === 'already') expect(outcome).toMatchObject({ ok: true, value: { already: true } });
    else {
      const [next, code, doubt] = expected.split(' ');
      expect(saidOf(outcome)).toMatchObject({ next, code, said: expect.stringMatching(said) });
      if (doubt) expect(outcome).toMatchObject({ failure: { found: { doubt } } });
    }
    expect(azure.writes).toEqual([]);
  });

finds('enable-identity', withReports, [
  ['an identity in any spelling', { resource: { ...identified, userAssignedIds: [reports.toUpperCase()] } }, 'already'],
  ['no resource', { resource: null }, 'ask missing'],
]);
finds('enable-identity', {}, [
  ['no principal yet', { resource: resource({ systemAssigned: true }) }, 'retry-until identity-not-shown'],
  ['none, and Azure at work', { resource: resource(updating) }, 'wait resource-busy'],
  [
    'half of one, and Azure at work',
    { resource: resource({ ...updating, systemAssigned: true }) },
    'wait resource-busy',
  ],
]);

const heldOther = { resource: identified, vault: vault({ access: 'access-policies' }), granted: true } as const;
finds('grant-key-access', { plan: planFor({ seen: { grantHeld: true } }) }, [
  ['another kind of access, where no grant was to be made', heldOther, 'already'],
]);
finds('grant-key-access', {}, [['no resource', { resource: null }, 'ask missing']]);
finds('protect-vault', {}, [['no vault', { vault: null }, 'ask missing']]);

finds('set-cmk', {}, [
  ['no resource', { resource: null }, 'ask missing'],
  ['the key by its name in any case', agentUnder(under(version('a'), { keyName: 'CARE' })), 'already'],
  ['another key', agentUnder(under(version('b'), { keyName: 'other' })), 'ask key-moved', /key other in/],
  ['a resource that Azure is at work on', { resource: { ...identified, ...updating } }, 'wait resource-busy'],
  ['another version of the key', agentUnder(under(version('b'))), 'ask key-moved', /key care in/],
  ['whatever version is newest', agentUnder(under(null)), 'ask key-moved', /key care in/],
]);

finds('set-cmk', { plan: planFor({ wished: spec({ follows: true }) }) }, [
  ['the key that it follows', agentUnder(under(null)), 'already'],
  ['a version of it that someone pinned', agentUnder(under(version('a'))), 'ask key-moved', /key care in/],
]);

const again = { resource: identified, granted: true };
finds('set-cmk', { attempt: 2 }, [
  ['no key', { ...again, keys: [] }, 'ask blocked', /no longer exists/],
  ['a disabled key', { ...again, keys: [key({ enabled: false })] }, 'ask blocked', /disabled/],
  ['a key past its date', { ...again, keys: [key({ expires: '2020-01-01T00:00:00.000Z' })] }, 'ask blocked', /expired/],
  ['a key that can’t wrap', { ...again, keys: [key({ operations: ['sign'] })] }, 'ask blocked', /wrap/i],
  ['a closed vault', { ...again, vault: vault({ firewall: 'closed' }) }, 'ask blocked', /firewall/],
]);

finds('make-key-version', { ...made, confirms: true }, [
  ['a try that another process began: another try has another nonce', { keys: [] }, 'wait interrupted'],
]);
finds('make-key-version', made, [
  ['a key of others, however well it fits', { keys: [key({ nonceHash: hashOf('another') })] }, 'ask key-of-others'],
  ['its mark on another version too', beside({ ...own, created: later(1) }), 'ask key-doubtful copied'],
  ['its mark on a version as old as another', beside({ created: intent.at }), 'ask key-doubtful not-the-first'],
  ['its mark on a version from long before', ownKey({ created: later(-10) }), 'ask key-doubtful made-at-another-time'],
  ['its own key of another size', ownKey({ size: 2048 }), 'ask key-made-otherwise', /size is 2048, not 3072/],
  ['its own key that can’t wrap', ownKey({ operations: ['sign'] }), 'ask key-made-otherwise', /doesn’t allow wrapping/],
  ['its own key that is disabled', ownKey({ enabled: false }), 'ask key-made-otherwise', /it is disabled/],
]);
finds('make-key-version', { plan: dated }, [
  ['the expiry of another second: Azure rounds it', ownKey({ expires: '2030-01-01T00:00:01Z' }), 'already'],
]);

it('enabling the identity asks a person when a user-assigned identity did not survive the change', async () => {
  const azure = scriptedAzure({ resource: resource({ userAssignedIds: [reports] }) });
  azure.before('resources.enableSystemIdentity', () => {
    azure.world.resource = resource({ userAssignedIds: [] });
  });
  const found = { code: 'identity-lost', id: expect.stringContaining('reports') };
  expect(await carry('enable-identity', azure, withReports)).toMatchObject({ failure: { next: 'ask', found } });
  expect(azure.writes).toEqual(['resources.enableSystemIdentity']);
});

/** What others import under its name: test/unit/workflow/own-key.test.ts. */
describe('creating the key', () => {
  it('does not take a key that somebody else made as it was to be made', async () => {
    const azure = scriptedAzure({ keys: [] });
    azure.before('keys.createIfMissing', () => azure.world.keys.push(key()));
    expect(saidOf(await carry('make-key-version', azure, made))).toMatchObject({ next: 'ask', code: 'key-of-others' });
  });

  it('keeps what Azure answered when reading back fails', async () => {
    const azure = scriptedAzure({ keys: [] });
    azure.before('keys.createIfMissing', () => azure.refuse('keys.get', failure({ next: 'wait' })));
    const outcome = await carry('make-key-version', azure, made);
    expect(outcome).toMatchObject({ ok: false, outputs: { keyVersion: version('c') } });
  });
});

describe('protecting the vault', () => {
  it.each([
    [true, ['purge-protection']],
    [false, ['soft-delete', 'purge-protection']],
  ])('plans what is missing when soft delete is %s', async (softDelete, missing) => {
    const bare = vault({ softDelete });
    expect(changes('protect-vault', planFor({ seen: { vault: bare } }))).toEqual(missing);
    const { azure, outcome } = await run('protect-vault', { vault: bare });
    expect(outcome).toMatchObject({ ok: true });
    expect(azure.world.vault).toMatchObject({ softDelete: true, purgeProtection: true });
  });

  it('is not done while soft delete is off', async () => {
    const azure = scriptedAzure({ vault: vault({ softDelete: false, purgeProtection: true }) });
    azure.pretend('vaults.protect');
    expect(saidOf(await carry('protect-vault', azure))).toMatchObject({ next: 'retry-until' });
    expect(azure.writes).toEqual(['vaults.protect']);
  });
});

describe('setting the key', () => {
  it('is no success on an agent that stays Failed, and is tried once more', async () => {
    const azure = scriptedAzure({ resource: resource(failedAgent) });
    azure.before('resources.setCustomerKey', () => {
      azure.world.resource = resource({ ...failedAgent, customerKey: under(version('a')) });
    });
    azure.pretend('resources.setCustomerKey');
    for (const sent of [1, 2]) {
      const said = expect.stringMatching(/The resource is Failed/);
      expect(saidOf(await carry('set-cmk', azure))).toMatchObject({ next: 'retry-until', said });
      expect(azure.writes).toHaveLength(sent);
    }
  });

  const refused = failure({ next: 'retry-until', code: 'BadRequest', status: 400, message: 'The operation failed.' });
  it.each<[string, Partial<World>, Failure['next']]>([
    ['says that the key can be used: access isn’t in effect yet', {}, 'retry-until'],
    ['says that access is gone', { granted: false }, 'wait'],
    ['says that the key is disabled', { keys: [key({ enabled: false })] }, 'wait'],
    ['says that the firewall is closed', { vault: vault({ firewall: 'closed' }) }, 'wait'],
  ])('is refused, and what the bot reads %s', async (_what, world, next) => {
    const azure = scriptedAzure({ resource: identified, granted: true, ...world });
    azure.refuse('resources.setCustomerKey', refused);
    expect(await carry('set-cmk', azure)).toMatchObject({ failure: { ...refused, next } });
  });

  it('is sent to a failed agent although another write made it look settled since it was approved', async () => {
    const plan = planFor({ seen: { resource: resource({ ...failedAgent, customerKey: under(version('a')) }) } });
    const { azure, outcome } = await run('set-cmk', { resource: resource(showsKey) }, { plan });
    expect(outcome).toMatchObject({ ok: true, value: { already: false } });
    expect(azure.writes).toEqual(['resources.setCustomerKey']);
  });
});

describe('verifying', () => {
  const done: Partial<World> = {
    resource: resource(showsKey),
    vault: vault({ purgeProtection: true }),
    granted: true,
  };
  const levels = ['read-back', 'permission-held', 'key-usable', 'use-seen'] as const;

  it('proves the read-back, the permission and the use of the key, and writes nothing', async () => {
    const { azure, outcome } = await run('verify', done);
    const proofs = levels.map((level) => ({ level, outcome: level === 'use-seen' ? 'not-checked' : 'proved' }));
    expect(outcome).toMatchObject({ value: { proofs } });
    expect(azure.writes).toEqual([]);
  });

  it.each([
    ['the bot may not use', 'not-allowed', {}],
    ['a firewall keeps the test bytes from', 'firewalled', { because: 'firewall' }],
  ] as const)('claims no use of a key that %s', async (_what, probe, why) => {
    const { outcome: read } = await run('verify', { ...done, probe });
    expect(read.ok && read.value.proofs).toContainEqual({ level: 'key-usable', outcome: 'not-checked', ...why });
  });

  const seenWith = (change: object) => ({ resource: resource({ ...done.resource, ...change }) });
  const throughUser = { ...under(version('a')), userIdentity: '/subscriptions/s/id-care' };

  it.each<[string, Partial<World>, Failure['next'], FoundCode]>([
    ['the key alone', seenWith({ customerKey: throughUser }), 'ask', 'key-not-shown'],
    ['a settled resource', seenWith({ provisioningState: 'Failed' }), 'ask', 'resource-not-settled'],
    ['the key', { resource: identified }, 'wait', 'key-not-shown'],
    ['the vault’s protection', { vault: vault() }, 'retry-until', 'protection-not-shown'],
    ['the permission', { granted: false }, 'ask', 'access-gone'],
  ])('is not done when %s does not read back', async (_what, change, next, code) => {
    const { outcome } = await run('verify', { ...done, ...change });
    expect(outcome).toMatchObject({ ok: false, failure: { source: 'bot', next, found: { code } } });
  });

  it('is not done when the key does not work', async () => {
    const azure = scriptedAzure(done);
    azure.refuse('keys.probe', failure({ code: 'KeyDisabled' }));
    expect(await carry('verify', azure)).toMatchObject({ failure: { code: 'KeyDisabled' } });
  });
});

/** Of each step that changes something: what is there before, when it is done, its one write, and what is missing if Azure only says yes. */
const agent = { resource: identified };
const madeKey = key({ version: version('c'), nonceHash: intent.nonceHash, created: intent.at });
const underMade = { resource: resource({ ...identified, customerKey: under(version('c')) }) };
const writes: readonly (readonly [StepName, Partial<World>, Partial<World>, string, FoundCode])[] = [
  ['enable-identity', {}, agent, 'resources.enableSystemIdentity', 'identity-not-shown'],
  ['make-key-version', { keys: [] }, { keys: [madeKey] }, 'keys.createIfMissing', 'key-not-there'],
  ['grant-key-access', agent, { ...agent, granted: true }, 'grants.grant', 'grant-not-shown'],
  ['protect-vault', {}, { vault: vault({ purgeProtection: true }) }, 'vaults.protect', 'protection-not-shown'],
  ['set-cmk', agent, underMade, 'resources.setCustomerKey', 'key-not-shown'],
];
test('every step that changes something is one of them', () => {
  const without = ['recover-key', 'enable-key-version', 'disable-key-version', 'verify'];
  expect(StepName.options.filter((name) => !without.includes(name))).toEqual(writes.map(([name]) => name));
});

describe.each(writes)('%s', (name, before, after, write, shown) => {
  const carryHere = (azure: ScriptedAzure) =>
    carry(name, azure, { plan: forNewKey, outputs: { principalId: principal, keyVersion: version('c') } });

  it('does its one write, then reads back; a second time it does nothing', async () => {
    const azure = scriptedAzure(before);
    const first = await carryHere(azure);
    expect(first).toMatchObject({ ok: true, value: { already: false, receipt } });
    expect(azure.writes).toEqual([write]);
    expect(azure.world).toMatchObject(after);
    const second = await carryHere(azure);
    expect(azure.writes).toEqual([write]);
    if (!first.ok || !second.ok) throw new Error('both runs were to work');
    expect(second.value).toEqual({ ...first.value, already: true, receipt: null });
  });

  it('looks first, and does nothing when it is so already', async () => {
    const azure = scriptedAzure(after);
    expect(await carryHere(azure)).toMatchObject({ ok: true, value: { already: true, receipt: null } });
    expect(azure.writes).toEqual([]);
  });

  it('is not done when Azure says yes and shows no change', async () => {
    const azure = scriptedAzure(before);
    azure.pretend(write);
    expect(await carryHere(azure)).toMatchObject({ ok: false, failure: { source: 'bot', found: { code: shown } } });
  });

  it('passes on word for word what Azure refused, and does not read back then', async () => {
    const azure = scriptedAzure(before);
    const refusal = failure({ code: 'ScopeLocked', message: 'The scope is locked.', correlationId: 'c-7' });
    azure.refuse(write, refusal);
    expect(await carryHere(azure)).toEqual({ ok: false, failure: refusal, outputs: {} });
  });

  it('says that the change was accepted where only the reading after it failed', async () => {
    const azure = scriptedAzure(before);
    azure.before(write, () => {
      for (const read of ['resources.get', 'vaults.get', 'keys.get', 'keys.versions', 'grants.held'])
        azure.refuse(read, { ...outage, change: 'none' });
    });
    expect(await carryHere(azure)).toMatchObject({ ok: false, failure: { code: outage.code, change: 'accepted' } });
  });

  it('touches nothing when it cannot look', async () => {
    const azure = scriptedAzure(before);
    for (const read of ['resources.get', 'vaults.get', 'keys.get']) azure.refuse(read, outage, 9);
    expect(await carryHere(azure)).toEqual({ ok: false, failure: outage, outputs: {} });
    expect(azure.writes).toEqual([]);
  });
});

/** Steps that a role of the vault does: the bot reads, waits, and changes nothing. */
const disabled = key({ enabled: false });
const byRole: readonly (readonly [StepName, Partial<World>, Partial<Observation>])[] = [
  [
    'recover-key',
    { keys: [], deleted: 'deleted' },
    { key: null, keyNow: null, guards: guards({ deletedKey: 'deleted' }) },
  ],
  ['enable-key-version', { keys: [disabled] }, { key: disabled }],
];

describe.each(byRole)('%s', (name, before, seen) => {
  async function attempt(world: Partial<World>, number = 1, access = vault().access) {
    const approved = resource({ customerKey: under(version('a')), systemAssigned: true });
    const observed = { resource: approved, vault: vault({ access }), grantHeld: true, ...seen };
    const plan = planFor({ wished: wishToRepair(), seen: observed });
    const keys = [...(world.keys ?? [])];
    const { azure, outcome } = await run(
      name,
      { resource: approved, ...world, keys },
      { plan, intents: [], attempt: number },
    );
    expect(azure.writes).toEqual([]);
    return outcome;
  }

  it.each(['role-assignments', 'access-policies'] as const)(
    'waits for the role, which it names with vault, key and version: %s',
    async (by) => {
      const task = { task: name, by, vault: 'kv-care', keyName: 'care', keyVersion: version('a') };
      const failure = { next: 'retry-until', found: { code: 'role-needed', ...task } };
      expect(await attempt(before, 1, by)).toMatchObject({ ok: false, failure });
    },
  );

  it('is done once the version exists and is enabled', async () => {
    expect(await attempt({ keys: [key()] }, 2)).toMatchObject({ ok: true, value: { already: false } });
    expect(await attempt({ keys: [key()] })).toMatchObject({ ok: true, value: { already: true } });
  });

  it('doesn’t wait for the role if there is no deleted key any more', async () => {
    const check = { code: 'key-missing', fact: { deleted: 'none' } };
    expect(await attempt({ keys: [] })).toMatchObject({ failure: { found: { code: 'blocked', check } } });
  });

  if (name === 'recover-key')
    it('needs a person if the version is disabled after its recovery', async () => {
      const found = { code: 'blocked', check: { code: 'key-disabled' } };
      expect(await attempt({ keys: [disabled] }, 2)).toMatchObject({ failure: { next: 'ask', found } });
    });
});
