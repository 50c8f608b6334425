/** Small domain values for tests: a plan that may be submitted, and the commands that carry a request along. */

import { ArmId, FormId, PersonId, RequestId } from '../../../src/domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../../src/domain/observed.ts';
import { type Plan, planSchema } from '../../../src/domain/plan.ts';
import type { AppliedPolicy } from '../../../src/domain/policy/policy.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { type NewEvent, personActor } from '../../../src/domain/request/events.ts';
import type { Command, Submit } from '../../../src/domain/request/request-command.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import type { ChangeRow } from '../../../src/operator/cli/audit-export.ts';

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

/** A plan to put an agent under a key: one reversible step, one that is not, and the proof. */
export function plan(id = resourceId()): Plan {
  const known = plans.get(id) ?? newPlan(id);
  plans.set(id, known);
  return known;
}

/** Where the agent and the vault are. */
export const care = { id: 's-1', name: 'Care production' };

/** Parsing one takes longer than most tests that use it. */
const plans = new Map<ArmId, Plan>();

function newPlan(id: ArmId): Plan {
  const agent = resource({ id, name: id.split('/').at(-1) ?? '' });
  return planSchema(StoredChangeSpec).parse({
    schema: 1,
    tenantId: tenant,
    policyVersion: 'p1',
    spec: {
      operation: 'enable-cmk',
      resource: { kind: 'healthcare-agent', id },
      vaultId,
      keyName: 'care',
      keyVersion: '0'.repeat(32),
      newKey: null,
    },
    observation: {
      resource: agent,
      vault: vault(),
      key: null,
      from: null,
      grantHeld: false,
      guards: { readOnlyLocks: [], allowed: {}, allowedData: {}, deletedKey: 'none' },
      control: { controllers: [], unseen: [], vaultSubscription: care, resourceSubscription: care },
      others: { sameKey: [], vaultsAlike: [], keysAlike: [], unread: false },
      guard: null,
    },
    checks: [{ outcome: 'pass', code: 'same-region', fact: { region: 'westeurope' } }],
    steps: [
      {
        name: 'enable-identity',
        stage: 1,
        reversibility: 'reversible',
        effects: [{ change: 'identity', target: id, before: 'none' }],
      },
      {
        name: 'protect-vault',
        stage: 3,
        reversibility: 'irreversible',
        effects: [{ change: 'purge-protection', target: vaultId, before: 'off' }],
      },
      { name: 'verify', stage: 5, reversibility: 'reversible', effects: [] },
    ],
  });
}

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

export const submit = (change: Partial<Submit> = {}): Submit => ({
  do: 'submit',
  by: requester,
  actor: personActor(requester, tenant, 'local'),
  formId: FormId.parse('F-0000000001'),
  resourceName: 'bot-care',
  plan: plan(),
  digest: 'd'.repeat(64),
  policy: appliedPolicy(),
  origin: { conversationId: '19:operations@thread.tacv2', conversationType: 'channel' },
  justification: 'Policy 7: keys the hospital owns',
  notBefore: null,
  ...change,
});

export const approve = (by: PersonId = approver, change: { comment?: string; asking?: number } = {}): Command => ({
  do: 'approve',
  ...click(by),
  ...{ roleStatus: 'yes', acknowledged: true, comment: '', requesterStatus: 'yes' },
  ...{ notBefore: null, stepUp: null, signIn: null },
  ...change,
});

export const reject = (by: PersonId = approver, comment = 'Not this week'): Command => ({
  do: 'reject',
  ...click(by),
  ...{ roleStatus: 'yes', acknowledged: false, comment },
});

export const cancel = (): Command => ({ do: 'cancel', ...click(requester) });

/** The check before run 1 finds what was approved, and the approver still one. */
export const checkRun = (resource = resourceId()): Command => ({
  do: 'check-run',
  ...{ run: 1, plan: plan(resource), digest: 'd'.repeat(64), policy: appliedPolicy() },
  ...{ roleStatuses: { [approver]: 'yes' }, requesterStatus: 'yes', approvers: [[approver]], stepUp: null },
});

export const intend = (run = 1, attempt = 1): Command => ({
  do: 'intend',
  run,
  steps: [{ step: 'enable-identity', attempt }],
});

/** The one event a submission leads to. */
export function submitted(change: Partial<Submit> = {}): NewEvent {
  const decision = decide(null, submit(change), new Date(0));
  const [event] = decision.kind === 'accepted' ? decision.events : [];
  if (event === undefined) throw new Error('the fixture was refused');
  return event;
}

/** A row of the CSV export with the same text in each cell. */
export const changeOf = (text: string): ChangeRow => ({
  ...{ time: text, request: text, resource: text, requestedBy: text, approvedBy: text, change: text },
  ...{ result: text, changeNumber: text, reason: text, event: text },
});
