/** What is found and planned in the requests that cards show: agents, vaults, keys, and what each spec comes to. */

import type { ObservedControl } from '../../../src/domain/control.ts';
import { ArmId, KeyName, KeyVersion } from '../../../src/domain/ids.ts';
import type { Observation } from '../../../src/domain/observed.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { tenant } from '../builders/fixtures.ts';
import {
  control,
  controller,
  type EnableWish,
  key,
  observation,
  planFor,
  principal,
  type RotateWish,
  resource,
  vault,
  version,
} from '../builders/plans.ts';

const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers';
const resourceId = ArmId.parse(`${group}/Microsoft.HealthBot/healthBots/triage-agent-prod`);
export const vaultId = ArmId.parse(`${group}/Microsoft.KeyVault/vaults/kv-care-prod`);
export const keyName = KeyName.parse('cmk-triage-agent');
export const wished: EnableWish = {
  operation: 'enable-cmk',
  resource: { kind: 'healthcare-agent', id: resourceId },
  vaultId,
  keyName,
  keyVersion: version('5'),
  newKey: null,
};
const newKind = { type: 'RSA', size: 3072, expires: '2028-01-12T00:00:00.000Z' } as const;
export const newKeyWished: EnableWish = { ...wished, keyVersion: null, newKey: newKind };

/** Who looks after the keys of care production. */
const careSubscription = { id: '40000000-0000-4000-8000-000000000001', name: 'Care production' };
const seenControl = (change: Partial<ObservedControl> = {}): ObservedControl =>
  control({
    controllers: [
      controller({ can: ['delete', 'purge', 'give-access'] }),
      controller({ id: 'bot', type: 'bot', can: ['change', 'give-access'] }),
      controller({
        id: 'custodians',
        type: 'group',
        can: ['copy', 'change', 'delete', 'purge'],
        name: 'Key custodians',
        members: 3,
      }),
    ],
    vaultSubscription: careSubscription,
    resourceSubscription: careSubscription,
    ...change,
  });

export const seen = (change: Partial<Observation> = {}): Observation =>
  observation({
    resource: resource({ id: resourceId, name: 'triage-agent-prod' }),
    vault: vault({ id: vaultId, name: 'kv-care-prod', uri: 'https://kv-care-prod.vault.azure.net/' }),
    key: key({ name: keyName, version: version('5') }),
    control: seenControl(),
    ...change,
  });

export const planOf = (change: Partial<Observation> = {}, spec: StoredChangeSpec = wished): Plan =>
  planFor({ seen: seen(change), wished: spec, policyVersion: '3f9c21ab' });

const visitAgentId = ArmId.parse(`${group}/Microsoft.HealthBot/healthBots/virtual-visit-agent`);
export const visitKeyName = KeyName.parse('cmk-virtual-visit');
const oldVersion = KeyVersion.parse('93e37d3d4c1f4b0aa5b8e21f60c7d9e4');
const newestVersion = KeyVersion.parse('5d1f0c2e7a8b4c6d9e0f1a2b3c4d5e6f');
export const madeLater = KeyVersion.parse('b71c0e9a52d34f688a1e4c7d0b9f2e35');

/** The version that an agent is under which moves on, and the newest of the same key. */
export const oldKey = key({
  name: visitKeyName,
  version: oldVersion,
  created: '2024-04-01T08:00:00.000Z',
  expires: '2026-04-01T00:00:00.000Z',
});
export const newestKey = key({
  name: visitKeyName,
  version: newestVersion,
  created: '2026-02-12T08:00:00.000Z',
  expires: '2028-02-12T00:00:00.000Z',
});
export const visitAgent = resource({
  id: visitAgentId,
  name: 'virtual-visit-agent',
  systemAssigned: true,
  principalId: principal,
  tenantId: tenant,
  customerKey: { vaultUri: 'https://kv-care-prod.vault.azure.net/', keyName: visitKeyName, keyVersion: oldVersion },
});

/** Under its own key: the vault is protected, and the agent may use the key. */
export const seenUnderKey = (change: Partial<Observation> = {}): Observation =>
  seen({
    resource: visitAgent,
    vault: { ...seen().vault, purgeProtection: true },
    key: newestKey,
    from: oldKey,
    grantHeld: true,
    ...change,
  });

const rotates = (to: RotateWish['to']): RotateWish => ({
  operation: 'rotate-cmk',
  resource: { kind: 'healthcare-agent', id: visitAgentId },
  from: { vaultUri: seen().vault.uri, keyName: visitKeyName, keyVersion: oldVersion },
  to,
});
const visitKey = { vaultId, keyName: visitKeyName };
export const toNewest = rotates({ way: 'version', ...visitKey, keyVersion: newestVersion });
export const toMadeVersion = rotates({ way: 'new-version', ...visitKey, after: oldVersion, make: newKind });
export const toOtherKey = rotates({ way: 'other-key', vaultId, keyName, keyVersion: version('5'), make: null });

/** What each kind of rotation comes to, when nothing stands in the way. */
export const rotationPlan = (spec: RotateWish = toNewest, change: Partial<Observation> = {}): Plan => {
  const { way } = spec.to;
  const target: Partial<Observation> =
    way === 'new-version'
      ? { key: null }
      : way === 'other-key'
        ? { key: seen().key, grantHeld: false, vault: seen().vault }
        : {};
  return planFor({ seen: seenUnderKey({ ...target, ...change }), wished: spec, policyVersion: '3f9c21ab' });
};

export const unprotected = planOf({ vault: vault({ ...seen().vault, softDelete: false }) });
export const elsewhere = planOf({ vault: vault({ ...seen().vault, location: 'northeurope' }) });
export const inOneStage = planOf({ key: null }, newKeyWished);

export const toMade = rotationPlan(toMadeVersion);
