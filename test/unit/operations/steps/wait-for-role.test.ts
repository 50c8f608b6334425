import type { Observation } from '../../../../src/domain/observed.ts';
import { effectsOf } from '../../../../src/domain/plan.ts';
import { workOf } from '../../../../src/operations/registry.ts';
import { steps } from '../../../../src/operations/steps/registry.ts';
import { carryOut } from '../../../../src/operations/steps/step.ts';
import { id } from '../../../support/builders/commands.ts';
import {
  guards,
  key,
  planFor,
  resource,
  under,
  vault,
  version,
  wishToRepair,
} from '../../../support/builders/plans.ts';
import { scriptedAzure, type World } from '../../../support/builders/scripted-azure.ts';

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
