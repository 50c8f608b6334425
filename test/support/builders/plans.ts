/** What Azure holds, what is wished, and the real plan that follows: small values, each test changes what it is about. */

import type { Controller, ObservedControl } from '../../../src/domain/control.ts';
import { KeyName, KeyVersion } from '../../../src/domain/ids.ts';
import type { OwnKey } from '../../../src/domain/key-ownership.ts';
import type { KeyKind, Observation, ObservedGuards, ObservedKey, Retirement } from '../../../src/domain/observed.ts';
import type { Plan, ResourceRef } from '../../../src/domain/plan.ts';
import type { KeyTerms } from '../../../src/domain/policy/rules.ts';
import { operationOf, type StoredChangeSpec } from '../../../src/operations/registry.ts';
import { kindNamed } from '../../../src/operations/resources/registry.ts';
import { rightsAtResource, rightsAtVault } from '../../../src/operations/resources/rights.ts';
import { care, requestId, resource, resourceId, tenant, vault, vaultId } from './fixtures.ts';
import { termsOf } from './policies.ts';

export { resource, vault };
export const kind = kindNamed('healthcare-agent');
export const ref = (name?: string): ResourceRef & { kind: 'healthcare-agent' } => ({
  kind: 'healthcare-agent',
  id: resourceId(name),
});

/** Nothing stands in the way. */
export const guards = (change: Partial<ObservedGuards> = {}): ObservedGuards => ({
  readOnlyLocks: [],
  allowed: Object.fromEntries(
    [...rightsAtResource(kind).actions, ...rightsAtVault.actions].map((action) => [action, true]),
  ),
  allowedData: Object.fromEntries(rightsAtVault.dataActions.map((action) => [action, true])),
  deletedKey: 'none',
  ...change,
});

export const noon = new Date('2026-03-02T12:00:00.000Z');
export const keyName = KeyName.parse('care');
export const version = (digit: string): KeyVersion => KeyVersion.parse(digit.repeat(32));
export const principal = '60000000-0000-4000-8000-000000000001';

export const key = (change: Partial<ObservedKey> = {}): ObservedKey => ({
  name: keyName,
  version: version('a'),
  type: 'RSA',
  size: 3072,
  operations: ['encrypt', 'wrapKey', 'unwrapKey'],
  enabled: true,
  notBefore: null,
  expires: null,
  created: '2025-01-01T00:00:00.000Z',
  nonceHash: null,
  ...change,
});

export const observation = (change: Partial<Observation> = {}): Observation => ({
  resource: resource(),
  vault: vault(),
  key: key(),
  from: null,
  grantHeld: false,
  guards: guards(),
  control: control(),
  others: { sameKey: [], vaultsAlike: [], keysAlike: [], unread: false },
  guard: 'all',
  ...change,
});

/** One app can do everything, and all lies in one subscription. */
export const control = (change: Partial<ObservedControl> = {}): ObservedControl => ({
  controllers: [controller()],
  unseen: [],
  vaultSubscription: care,
  resourceSubscription: care,
  ...change,
});

export const controller = (change: Partial<Controller> = {}): Controller => ({
  id: '50000000-0000-4000-8000-000000000001',
  type: 'app',
  can: ['copy', 'change', 'delete', 'purge', 'give-access'],
  name: null,
  members: null,
  ...change,
});

export const newKey: KeyKind = { type: 'RSA', size: 3072, expires: null };

export type EnableWish = Extract<StoredChangeSpec, { operation: 'enable-cmk' }>;
export type RepairWish = Extract<StoredChangeSpec, { operation: 'repair-cmk' }>;
export type RotateWish = Extract<StoredChangeSpec, { operation: 'rotate-cmk' }>;

/** To put the agent under the existing version `a…` of the key. */
export const spec = (change: Partial<EnableWish> = {}): EnableWish => ({
  operation: 'enable-cmk',
  resource: ref(),
  vaultId,
  keyName,
  keyVersion: version('a'),
  newKey: null,
  ...change,
});

/** To make the key first. */
export const wishForNewKey = (change: Partial<EnableWish> = {}): EnableWish =>
  spec({ keyVersion: null, newKey, ...change });

/** The key an agent is under, as ARM reports it. */
export const under = (keyVersion: string | null, change: { keyName?: string; vaultUri?: string } = {}) => ({
  vaultUri: vault().uri,
  keyName: 'care',
  keyVersion,
  ...change,
});

/** To move the agent from version `a…` of its key to version `b…`. */
export const wishToRotate = (to?: RotateWish['to'], change: Partial<RotateWish> = {}): RotateWish => ({
  operation: 'rotate-cmk',
  resource: ref(),
  from: under(version('a')),
  to: to ?? { way: 'version', vaultId, keyName, keyVersion: version('b') },
  ...change,
});

/** To move it to a version that the run makes. */
export const toNewVersion: Extract<RotateWish['to'], { way: 'new-version' }> = {
  way: 'new-version',
  vaultId,
  keyName,
  after: version('a'),
  make: newKey,
};

/** To bring the agent back to version `a…` of its key, approved by an earlier request. */
export const wishToRepair = (change: Partial<RepairWish> = {}): RepairWish => ({
  operation: 'repair-cmk',
  resource: ref(),
  basis: requestId(7),
  from: under(version('a')),
  vaultId,
  keyName,
  keyVersion: version('a'),
  ...change,
});

export type RetireWish = Extract<StoredChangeSpec, { operation: 'retire-version' }>;

/** To disable version `a…` of the key, while the agent is under version `b…`. */
export const wishToRetire = (change: Partial<RetireWish> = {}): RetireWish => ({
  operation: 'retire-version',
  resource: ref(),
  from: under(version('b')),
  vaultId,
  keyName,
  keyVersion: version('b'),
  old: version('a'),
  ...change,
});

/** Nothing uses the old version, and the agent has used the current one for two days. */
export const retirement = (change: Partial<Retirement> = {}): Retirement => ({
  version: version('a'),
  enabled: true,
  log: { outcome: 'read', first: '2026-02-01T12:00:00.000Z', last: noon.toISOString() },
  usedSince: '2026-02-28T12:00:00.000Z',
  users: [],
  unread: { subscriptions: 0, types: 0 },
  ...change,
});

/** What a plan to retire is based on. */
export const retiring = (change: Partial<Observation> = {}): Observation =>
  observation({
    resource: resource({
      systemAssigned: true,
      principalId: principal,
      tenantId: tenant,
      customerKey: under(version('b')),
    }),
    vault: vault({ purgeProtection: true }),
    key: key({ version: version('b') }),
    from: key({ version: version('b') }),
    grantHeld: true,
    retirement: retirement(),
    ...change,
  });

interface PlanChange {
  readonly seen?: Partial<Observation>;
  readonly wished?: StoredChangeSpec;
  readonly policyVersion?: string;
  readonly terms?: KeyTerms;
  readonly now?: Date;
  readonly own?: OwnKey | null;
}

/** The plan that the spec's operation makes of it. */
export const planFor = ({
  seen = {},
  wished = spec(),
  policyVersion = 'p1',
  terms = termsOf(),
  now = noon,
  own = null,
}: PlanChange = {}): Plan =>
  operationOf(wished).plan(wished, observation(seen), { tenantId: tenant, policyVersion, terms, now, own });
