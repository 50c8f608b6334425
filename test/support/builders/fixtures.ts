/** Small domain values for tests. */

import { ArmId, PersonId, RequestId } from '../../../src/domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../../src/domain/observed.ts';
import type { AppliedPolicy } from '../../../src/domain/policy/policy.ts';
import { personActor } from '../../../src/domain/request/events.ts';
import type { ChangeRow } from '../../../src/operator/cli/csv.ts';

export const tenant = '10000000-0000-4000-8000-000000000000';
export const requester = PersonId.parse('20000000-0000-4000-8000-000000000001');
export const approver = PersonId.parse('20000000-0000-4000-8000-000000000002');

const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers';
export const resourceId = (name = 'bot-care'): ArmId => ArmId.parse(`${group}/Microsoft.HealthBot/healthBots/${name}`);
export const vaultId = ArmId.parse(`${group}/Microsoft.KeyVault/vaults/kv-care`);

export const requestId = (number: number): RequestId => RequestId.parse(`CMK-${String(number).padStart(6, '0')}`);

export const resource = (change: Partial<ObservedResource> = {}): ObservedResource => ({
  kind: 'healthcare-agent',
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

/** Where the agent and the vault are. */
export const care = { id: 's-1', name: 'Care production' };

/** Who clicks, and on a card of which revision. */
export const click = (by: PersonId, asking = 1) => ({ by, actor: personActor(by, tenant, 'local'), asking });
/** What the policy says of a request: the environment's settings alone. */
export const appliedPolicy = (change: Partial<AppliedPolicy> = {}): AppliedPolicy => ({
  version: 'p1',
  digest: 'f'.repeat(64),
  rule: 'environment',
  held: [{ rule: 'environment', criteria: [] }],
  approvalsRequired: 1,
  expiresAt: '2100-01-01T00:00:00.000Z',
  ...change,
});

/** A row of the CSV export with the same text in each cell. */
export const changeOf = (text: string): ChangeRow => ({
  time: text,
  request: text,
  resource: text,
  requestedBy: text,
  approvedBy: text,
  change: text,
  result: text,
  changeNumber: text,
  reason: text,
  event: text,
});
