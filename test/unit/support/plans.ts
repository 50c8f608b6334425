/** What Azure holds, what is wished, and the real plan that follows: small values, each test changes what it is about. */
import { createHash } from 'node:crypto';
import { KeyName, KeyVersion } from '../../../src/domain/ids.ts';
import type {
  NewKey,
  Observation,
  ObservedGuards,
  ObservedKey,
  ObservedResource,
  ObservedVault,
  Wish,
} from '../../../src/domain/observed.ts';
import { makePlan, type Plan } from '../../../src/domain/plan.ts';
import { resourceActions, vaultActions } from '../../../src/domain/rights.ts';
import { steps } from '../../../src/steps/registry.ts';
import { resourceId, tenant, vaultId } from '../../support/fixtures.ts';

/** Nothing stands in the way. */
export const guards = (change: Partial<ObservedGuards> = {}): ObservedGuards => ({
  readOnlyLocks: [],
  allowed: Object.fromEntries([...resourceActions, ...vaultActions].map((action) => [action, true])),
  deletedKey: 'none',
  ...change,
});

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
export const noon = new Date('2026-03-02T12:00:00.000Z');
export const keyName = KeyName.parse('care');
export const version = (digit: string): KeyVersion => KeyVersion.parse(digit.repeat(32));
export const principal = '60000000-0000-4000-8000-000000000001';

export const resource = (change: Partial<ObservedResource> = {}): ObservedResource => ({
  id: resourceId(),
  name: 'bot-care',
  location: 'westeurope',
  createdAt: '2024-05-01T08:00:00.000Z',
  provisioningState: 'Succeeded',
  systemAssigned: false,
  principalId: null,
  tenantId: null,
  userAssignedIds: [],
  tags: {},
  customerKey: null,
  ...change,
});

export const vault = (change: Partial<ObservedVault> = {}): ObservedVault => ({
  id: vaultId,
  name: 'kv-care',
  uri: 'https://kv-care.vault.azure.net/',
  location: 'westeurope',
  tenantId: tenant,
  softDelete: true,
  retentionDays: 90,
  purgeProtection: false,
  access: 'role-assignments',
  firewall: 'open',
  sku: 'standard',
  ...change,
});

export const key = (change: Partial<ObservedKey> = {}): ObservedKey => ({
  name: keyName,
  version: version('a'),
  type: 'RSA',
  size: 3072,
  operations: ['encrypt', 'wrapKey', 'unwrapKey'],
  enabled: true,
  notBefore: null,
  expires: null,
  ...change,
});

export const observation = (change: Partial<Observation> = {}): Observation => ({
  resource: resource(),
  vault: vault(),
  key: key(),
  grantHeld: false,
  guards: guards(),
  ...change,
});

export const newKey: NewKey = { type: 'RSA', size: 3072, expires: null };

/** To put the agent under the existing version `a…` of the key. */
export const wish = (change: Partial<Wish> = {}): Wish => ({
  resourceId: resourceId(),
  vaultId,
  keyName,
  keyVersion: version('a'),
  newKey: null,
  ...change,
});

/** To make the key first. */
export const wishForNewKey = (change: Partial<Wish> = {}): Wish => wish({ keyVersion: null, newKey, ...change });

/** The key an agent is under, as ARM reports it. */
export const under = (keyVersion: string | null, change: { keyName?: string; vaultUri?: string } = {}) => ({
  vaultUri: vault().uri,
  keyName: 'care',
  keyVersion,
  ...change,
});

interface PlanChange {
  readonly seen?: Partial<Observation>;
  readonly wished?: Wish;
  readonly policyVersion?: string;
  readonly now?: Date;
}

/** The plan the registered steps make of it. */
export const planFor = ({ seen = {}, wished = wish(), policyVersion = 'p1', now = noon }: PlanChange = {}): Plan =>
  makePlan(steps, observation(seen), wished, { tenantId: tenant, policyVersion, now });
