/** Requests in every state a card can show, folded from real events: nothing in them is made up for the card. */

import { usualRetry } from '../../src/config/retry.ts';
import { judge } from '../../src/domain/check.ts';
import type { ObservedControl } from '../../src/domain/control.ts';
import { type Failure, type Found, foundThat } from '../../src/domain/failure.ts';
import { ArmId, FormId, KeyName, KeyVersion, PersonId, RequestId } from '../../src/domain/ids.ts';
import type { UseAnswer } from '../../src/domain/key-use.ts';
import type { Observation } from '../../src/domain/observed.ts';
import type { Plan, StepName } from '../../src/domain/plan.ts';
import type { Proof } from '../../src/domain/proof.ts';
import { decide } from '../../src/domain/request/decide.ts';
import { personActor, type StoredEvent } from '../../src/domain/request/events.ts';
import { fold } from '../../src/domain/request/evolve.ts';
import type { Request } from '../../src/domain/request/request.ts';
import type { Command, StepResult } from '../../src/domain/request/request-command.ts';
import type { Wish } from '../../src/operations/registry.ts';
import type { Patience } from '../../src/teams/cards/views/reader.ts';
import {
  control,
  controller,
  type EnableWish,
  key,
  noon,
  observation,
  planFor,
  principal,
  type RotateWish,
  resource,
  sha256,
  vault,
  version,
} from '../unit/support/plans.ts';
import { termsOf } from '../unit/support/policies.ts';
import { approver, requester, submit, tenant } from './fixtures.ts';

export const secondApprover = PersonId.parse('20000000-0000-4000-8000-000000000003');
const teamMember = PersonId.parse('20000000-0000-4000-8000-000000000004');
const people: Readonly<Record<string, string>> = {
  [requester]: 'Requester',
  [approver]: 'Approver',
  [secondApprover]: 'Second approver',
  [teamMember]: 'Team member',
};
export const names = (id: PersonId | null): string => (id === null ? 'An operator' : (people[id] ?? 'Somebody'));

const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers';
const resourceId = ArmId.parse(`${group}/Microsoft.HealthBot/healthBots/triage-agent-prod`);
const vaultId = ArmId.parse(`${group}/Microsoft.KeyVault/vaults/kv-care-prod`);
const keyName = KeyName.parse('cmk-triage-agent');
const id = RequestId.parse('CMK-7F3K9Q');

export const wished: EnableWish = {
  operation: 'enable-cmk',
  resource: { kind: 'healthcare-agent', id: resourceId },
  vaultId,
  keyName,
  keyVersion: version('5'),
  newKey: null,
};
export const newKind = { type: 'RSA', size: 3072, expires: '2028-01-12T00:00:00.000Z' } as const;
export const newKeyWished: EnableWish = { ...wished, keyVersion: null, newKey: newKind };

/** Who looks after the keys of care production. */
const careSubscription = { id: '40000000-0000-4000-8000-000000000001', name: 'Care production' };
export const seenControl = (change: Partial<ObservedControl> = {}): ObservedControl =>
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

export const planOf = (change: Partial<Observation> = {}, wish: Wish = wished): Plan =>
  planFor({ seen: seen(change), wished: wish, policyVersion: '3f9c21ab' });

const lookAlikeId = ArmId.parse(
  '/subscriptions/40000000-0000-4000-8000-000000000002/resourceGroups/rg-research/providers/Microsoft.KeyVault/vaults/kv-hospita1-keys',
);

/** The vault of whoever asks, one letter apart from the hospital's, where a rule permits the other subscription or none does. */
export const lookAlikePlan = (permitted: boolean): Plan =>
  planFor({
    seen: seen({
      vault: vault({
        id: lookAlikeId,
        name: 'kv-hospita1-keys',
        uri: 'https://kv-hospita1-keys.vault.azure.net/',
        purgeProtection: true,
      }),
      control: seenControl({
        controllers: [
          controller({ can: ['delete', 'purge', 'give-access'] }),
          controller({ id: 'bot', type: 'bot', can: ['change', 'give-access'] }),
          controller({ id: requester, type: 'person', name: 'Requester' }),
        ],
        vaultSubscription: { id: '40000000-0000-4000-8000-000000000002', name: 'Research' },
      }),
    }),
    wished: { ...wished, vaultId: lookAlikeId },
    policyVersion: '3f9c21ab',
    terms: termsOf(permitted ? { vaults: [{ subscriptions: ['*'] }] } : {}),
  });

/** Between approval and run somebody became Key Vault Administrator, and nobody may read what roles allow any more. */
const moreControllers = planOf({
  control: seenControl({
    controllers: [
      ...seenControl().controllers,
      controller({ id: 'new', type: 'person', name: 'Team member', can: ['copy', 'change', 'delete', 'purge'] }),
    ],
    unseen: ['roles'],
  }),
});

const visitAgentId = ArmId.parse(`${group}/Microsoft.HealthBot/healthBots/virtual-visit-agent`);
export const visitKeyName = KeyName.parse('cmk-virtual-visit');
const oldVersion = KeyVersion.parse('93e37d3d4c1f4b0aa5b8e21f60c7d9e4');
export const newestVersion = KeyVersion.parse('5d1f0c2e7a8b4c6d9e0f1a2b3c4d5e6f');
const madeLater = KeyVersion.parse('b71c0e9a52d34f688a1e4c7d0b9f2e35');

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
  customerKey: {
    vaultUri: 'https://kv-care-prod.vault.azure.net/',
    keyName: visitKeyName,
    keyVersion: oldVersion,
  },
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
export const rotationPlan = (wish: RotateWish = toNewest, change: Partial<Observation> = {}): Plan => {
  const { way } = wish.to;
  const target: Partial<Observation> =
    way === 'new-version'
      ? { key: null }
      : way === 'other-key'
        ? { key: seen().key, grantHeld: false, vault: seen().vault }
        : {};
  return planFor({ seen: seenUnderKey({ ...target, ...change }), wished: wish, policyVersion: '3f9c21ab' });
};

const expiresAt = '2026-03-05T12:00:00.000Z';
const justification = 'Policy 7.4: patient data under keys the hospital group owns, before the December audit.';

const digestOf = (plan: Plan): string => sha256(JSON.stringify(plan));
const policy = (approvalsRequired: number) => ({
  version: '3f9c21ab',
  rule: 'environment',
  approvalsRequired,
  expiresAt,
});

export const asked = (plan: Plan = planOf(), approvalsRequired = 1, change: Partial<Command & { do: 'submit' }> = {}) =>
  submit({
    plan,
    resourceName: plan.observation.resource.name,
    digest: digestOf(plan),
    policy: policy(approvalsRequired),
    justification,
    ...change,
  });

const by = (person: PersonId, asking: number) => ({
  by: person,
  actor: personActor(person, tenant, 'local'),
  asking,
});
const decides =
  (verb: 'approve' | 'reject', person: PersonId, comment = '') =>
  (asking: number): Command => ({
    do: verb,
    ...by(person, asking),
    standing: 'yes',
    acknowledged: true,
    comment,
    requesterStanding: 'yes',
    notBefore: null,
    stepUp: null,
    signIn: null,
  });
const settles =
  (verb: 'retry' | 'give-up' | 'stop', person: PersonId, standing: 'yes' | 'no' = 'no') =>
  (asking: number): Command => ({
    do: verb,
    ...by(person, asking),
    standing,
    requesterStanding: 'yes',
    comment: 'The vault moves to another group first',
  });
export const approves = (person: PersonId = approver, comment = '') => decides('approve', person, comment);
export const rejects = (comment = 'Not before the audit') => decides('reject', approver, comment);
/** Another key, for another reason. */
const changes = (asking: number): Command => {
  const plan = planOf({ key: null }, newKeyWished);
  const justification = 'One key for the ward alone, as the audit asks';
  const told = { formId: FormId.parse('F-2M8D4T7KQX'), plan, digest: digestOf(plan), policy: policy(2), justification };
  return { do: 'change', ...by(requester, asking), ...told, notBefore: '2026-03-08T01:00:00.000Z' };
};
const cancels = (asking: number): Command => ({ do: 'cancel', ...by(requester, asking) });

const intends = (run: number, attempt: number, ...all: readonly StepName[]): Command => ({
  do: 'intend',
  run,
  steps: all.map((step) => ({ step, attempt })),
});
const receipt = { clientRequestId: 'client-2', correlationId: '9b7c0d52-41aa-4e0f-8d0e-2f6a1c7e55b1' };
const worked = (step: StepName, change: Partial<Extract<StepResult, { outcome: 'done' }>> = {}): StepResult => ({
  step,
  attempt: 1,
  outcome: 'done',
  already: false,
  outputs: step === 'enable-identity' ? { principalId: principal, principalTenantId: tenant } : {},
  receipt,
  proofs: [],
  ...change,
});
const didNot = (step: StepName, failure: Failure, retryAt: string | null = null, attempt = 1): StepResult => ({
  step,
  attempt,
  outcome: 'failed',
  failure,
  retryAt,
});
const records = (run: number, ...results: readonly StepResult[]): Command => ({ do: 'record', run, results });
/** One step from its intent to its end. */
const done = (run: number, step: StepName, change = {}): readonly Command[] => [
  intends(run, 1, step),
  records(run, worked(step, change)),
];
const stuck = (run: number, step: StepName, failure: Failure): readonly Command[] => [
  intends(run, 1, step),
  records(run, didNot(step, failure)),
];

const azureSaid = (change: Partial<Extract<Failure, { source: 'azure' }>>): Failure => ({
  source: 'azure',
  next: 'ask',
  doing: 'granting access to key cmk-triage-agent',
  code: 'AuthorizationFailed',
  message: '',
  status: 403,
  retryAfterMs: null,
  clientRequestId: 'c7d1',
  correlationId: receipt.correlationId,
  ...change,
});
/** As ARM words it, with a scope as long as they are. */
export const forbidden = azureSaid({
  message: `The client '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f' with object id '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${vaultId}/keys/cmk-triage-agent/providers/Microsoft.Authorization/roleAssignments/3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
});
/** As a vault words it. */
const forbiddenByVault = azureSaid({
  doing: 'making a version of key cmk-virtual-visit in kv-care-prod',
  code: 'ForbiddenByRbac',
  message: `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=7b1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f;oid=6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f\r\nAction: 'Microsoft.KeyVault/vaults/keys/create/action'\r\nResource: '${vaultId}/keys/cmk-virtual-visit'\r\nAssignment: (not found)\r\nVault: kv-care-prod;location=westeurope`,
});
const busy = azureSaid({
  next: 'wait',
  code: 'TooManyRequests',
  status: 429,
  message: 'The request is being throttled as the limit has been reached for operation type - Write.',
});
const spreading = azureSaid({
  next: 'retry-until',
  code: 'KeyVaultAccessForbidden',
  status: 200,
  message: `The identity of the resource may not use the key. Key Vault answered: {"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.\\r\\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\\r\\nCaller: appid=6f1e2c34-0000-4000-8000-000000000001\\r\\nAction: 'Microsoft.KeyVault/vaults/keys/wrap/action'\\r\\nResource: '/subscriptions/40000000-0000-4000-8000-000000000001/resourcegroups/rg-care-prod/providers/microsoft.keyvault/vaults/kv-care-prod/keys/cmk-triage-agent'\\r\\nAssignment: (not found)\\r\\nDenyAssignmentId: null\\r\\nDecisionReason: null \\r\\nVault: kv-care-prod;location=westeurope\\r\\n"}} ${'And much more of that. '.repeat(20)}`,
});
const own = (found: Found): Failure => foundThat('setting the key of triage-agent-prod', found);
const readBack = own({
  code: 'key-not-shown',
  shows: null,
  expected: { vaultUri: seen().vault.uri, keyName, keyVersion: version('5') },
});
const moved = own({
  code: 'key-moved',
  shows: { vaultUri: seen().vault.uri, keyName: visitKeyName, keyVersion: madeLater },
  expected: toNewest.from,
});
const gone = own({ code: 'missing', what: 'vault' });
const bug = own({ code: 'unexpected', errorId: 'CMK-7F3K9Q:1' });
const blocked = own({ code: 'blocked', check: judge('block', 'vault-firewalled', {}) });
const noAnswer: Failure = {
  source: 'no-answer',
  next: 'wait',
  doing: 'granting access to key cmk-triage-agent',
  code: 'ECONNREFUSED',
  message: 'connect ECONNREFUSED 10.0.0.4:443',
  retryAfterMs: null,
  clientRequestId: 'c7d1',
  correlationId: receipt.correlationId,
};

/** What is done in turn; a function is handed the revision of the card that stands then. */
type Turn = Command | ((asking: number) => Command);

/** The events of a life, 40 seconds between turns. */
export function lifeOf(...turns: readonly Turn[]): readonly StoredEvent[] {
  const stored: StoredEvent[] = [];
  turns.forEach((turn, n) => {
    const request = fold(id, stored);
    const command = typeof turn === 'function' ? turn(request?.asking ?? 0) : turn;
    const now = command.do === 'expire' ? new Date(expiresAt) : new Date(noon.getTime() + n * 40_000);
    const decision = decide(request, command, now);
    if (decision.kind === 'refused') throw new Error(`${command.do}: ${decision.code}`);
    for (const { body, texts } of decision.events) {
      const revision = stored.length + 1;
      stored.push({ seq: 116 + revision, revision, cause: `${n}`, time: now.toISOString(), body, texts });
    }
  });
  return stored;
}

export function requestOf(...turns: readonly Turn[]): Request {
  const request = fold(id, lifeOf(...turns));
  if (request === null) throw new Error('nobody asked');
  return request;
}

const proofs = (usable: Proof['outcome']): Proof[] => [
  { level: 'read-back', outcome: 'proved' },
  { level: 'permission-held', outcome: 'proved' },
  { level: 'key-usable', outcome: usable },
  { level: 'use-seen', outcome: 'not-checked' },
];
const checked = (plan: Plan = planOf(), standing: 'yes' | 'no' = 'yes', run = 1): Command => ({
  do: 'check-run',
  run,
  plan,
  digest: digestOf(plan),
  policy: policy(1),
  standings: { [approver]: standing },
  requesterStanding: 'yes',
  stepUp: null,
});
const approved = [asked(), approves(approver, 'Backup of 1 March checked.')] as const;
const began = [...approved, checked()] as const;
const first = done(1, 'enable-identity');
const toVault = [...first, ...done(1, 'grant-key-access'), ...done(1, 'protect-vault')];
const toEnd = (usable: Proof['outcome']) => [
  ...toVault,
  ...done(1, 'set-cmk'),
  ...done(1, 'verify', { proofs: proofs(usable) }),
];
const looked =
  (useWithinMs: number) =>
  (command: Command): Command =>
    command.do === 'record' ? { ...command, useWithinMs } : command;
const lookedFor = looked(30 * 60_000);
const lookedAtOnce = looked(1_000);
const judges = (answer: UseAnswer): Command => ({ do: 'judge-use', run: 1, answer });
const seenUse: UseAnswer = {
  outcome: 'used',
  at: '2026-03-02T12:08:31.000Z',
  operation: 'KeyWrap',
  knownBy: 'object-id',
  allowedBy: { by: 'role-assignment', id: '3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9', ours: true },
};
const notSeenUse: UseAnswer = {
  outcome: 'not-used',
  first: '2026-02-23T06:12:40.000Z',
  last: '2026-03-02T12:31:02.000Z',
  refused: { at: '2026-03-02T12:09:11.000Z', status: 403 },
};
const notKnownUse: UseAnswer = {
  outcome: 'unknown',
  why: {
    code: 'not-readable',
    failure: azureSaid({
      doing: 'reading the log of kv-care-prod',
      code: 'InsufficientAccessError',
      message: 'The provided credentials have insufficient access to perform the requested operation',
    }),
  },
};
const unprotected = planOf({ vault: vault({ ...seen().vault, softDelete: false }) });
const elsewhere = planOf({ vault: vault({ ...seen().vault, location: 'northeurope' }) });
const longest = (letter: string): string => `${letter}${'abcdefghij-'.repeat(6)}`.slice(0, 60);
const longNames = planOf(
  {
    resource: resource({ ...seen().resource, name: longest('t') }),
    vault: vault({ ...seen().vault, name: 'kv-patient-data-europe01' }),
  },
  { ...wished, keyName: KeyName.parse(longest('k')) },
);
const comment =
  'Not this week: the emergency department moves to the new wards on Thursday and nobody can look after the agent while it restarts. Ask again from Monday on, and name the person on duty in the reason. The vault should be the one of the region as well.';
const retried = [...first, ...stuck(1, 'grant-key-access', forbidden)];
const inOneStage = planOf({ key: null }, newKeyWished);

/** An approved rotation, looked at again: its run begins. */
const rotationBegan = (plan: Plan) => [asked(plan, 1, { justification: dueSoon }), approves(), checked(plan)] as const;
const dueSoon = 'The version ends on 1 April. Policy 7.4 asks for a new one every two years.';
const toMade = rotationPlan(toMadeVersion);
const makesVersion = done(1, 'make-key-version', { outputs: { keyVersion: madeLater } });
const verifies = done(1, 'verify', { proofs: proofs('proved') });

/** A rotation from the question to the proof. */
export const rotationLife: readonly StoredEvent[] = lifeOf(
  ...rotationBegan(toMade),
  ...makesVersion,
  ...done(1, 'set-cmk'),
  ...verifies,
);

/** How long things may take, as they are drawn at a time. */
export const patienceAt = (now: string): Patience => ({
  now: new Date(now),
  retry: usualRetry,
  poll: { everyMs: 5_000, atMostMs: 600_000 },
});

/** Every state by name. */
export const requestStates: Readonly<Record<string, Request>> = {
  'awaiting-approval': requestOf(asked()),
  'awaiting-one-of-two': requestOf(asked(planOf(), 2), approves()),
  'awaiting-two-irreversible': requestOf(asked(unprotected)),
  'awaiting-nothing-irreversible': requestOf(
    asked(planOf({ vault: vault({ ...seen().vault, purgeProtection: true }) })),
  ),
  'awaiting-new-key': requestOf(asked(inOneStage)),
  'awaiting-long-names': requestOf(asked(longNames, 1, { justification: `${justification} `.repeat(5).trim() })),
  'awaiting-look-alike': requestOf(asked(lookAlikePlan(true))),
  'awaiting-older-plan': requestOf(asked(planOf({ control: undefined }))),
  changed: requestOf(asked(planOf(), 2), approves(), changes),
  'plan-changed-controllers': requestOf(...approved, checked(moreControllers)),
  'plan-changed': requestOf(...approved, checked(elsewhere)),
  'plan-changed-irreversible': requestOf(...approved, checked(unprotected)),
  'approvers-changed': requestOf(...approved, checked(planOf(), 'no')),
  'stopped-by-approver': requestOf(
    ...began,
    ...first,
    intends(1, 1, 'grant-key-access'),
    settles('stop', approver, 'yes'),
    records(1, worked('grant-key-access')),
    settles('retry', requester),
    checked(planOf(), 'yes', 2),
  ),
  approved: requestOf(...approved),
  'awaiting-start-later': requestOf(asked(planOf(), 1, { notBefore: '2026-03-08T01:00:00.000Z' })),
  'approved-start-later': requestOf(asked(planOf(), 1, { notBefore: '2026-03-08T01:00:00.000Z' }), approves()),
  running: requestOf(...began, ...first, intends(1, 1, 'grant-key-access')),
  'between-steps': requestOf(...began, ...first),
  'running-side-by-side': requestOf(
    asked(inOneStage),
    approves(),
    checked(inOneStage),
    intends(1, 1, 'enable-identity', 'make-key-version'),
  ),
  'running-irreversible-done': requestOf(...began, ...toVault, intends(1, 1, 'set-cmk')),
  stopping: requestOf(...began, ...first, intends(1, 1, 'grant-key-access'), settles('stop', requester)),
  stopped: requestOf(
    ...began,
    ...first,
    intends(1, 1, 'grant-key-access'),
    settles('stop', requester),
    records(1, worked('grant-key-access')),
  ),
  'running-waiting': requestOf(
    ...began,
    ...first,
    intends(1, 1, 'grant-key-access'),
    records(1, didNot('grant-key-access', busy, '2026-03-02T12:04:10.000Z')),
  ),
  'running-spreading': requestOf(
    ...began,
    ...toVault,
    intends(1, 1, 'set-cmk'),
    records(1, didNot('set-cmk', spreading, '2026-03-02T12:07:10.000Z')),
  ),
  'needs-attention': requestOf(...began, ...retried),
  'needs-attention-read-back': requestOf(...began, ...toVault, ...stuck(1, 'set-cmk', readBack)),
  'needs-attention-missing': requestOf(...approved, { do: 'stop-run', run: 1, failure: gone }),
  'needs-attention-blocked': requestOf(...approved, { do: 'stop-run', run: 1, failure: blocked }),
  'needs-attention-bug': requestOf(...began, ...first, intends(1, 1, 'grant-key-access'), {
    do: 'stop-run',
    run: 1,
    failure: bug,
  }),
  'needs-attention-no-answer': requestOf(...began, ...first, ...stuck(1, 'grant-key-access', noAnswer)),
  'needs-attention-side-by-side': requestOf(
    asked(inOneStage),
    approves(),
    checked(inOneStage),
    intends(1, 1, 'enable-identity', 'make-key-version'),
    records(1, didNot('enable-identity', busy, '2026-03-02T12:04:10.000Z'), didNot('make-key-version', forbidden)),
  ),
  'retry-ordered': requestOf(...began, ...retried, settles('retry', requester)),
  'retry-running': requestOf(
    ...began,
    ...retried,
    settles('retry', requester),
    checked(planOf(), 'yes', 2),
    ...done(2, 'enable-identity', { already: true }),
    intends(2, 1, 'grant-key-access'),
  ),
  succeeded: requestOf(...began, ...toEnd('proved')),
  'succeeded-less-proved': requestOf(...began, ...toEnd('not-checked')),
  'succeeded-use-sought': requestOf(...began, ...toEnd('proved').map(lookedFor)),
  'succeeded-use-seen': requestOf(...began, ...toEnd('proved').map(lookedFor), judges(seenUse)),
  'succeeded-use-not-seen': requestOf(...began, ...toEnd('proved').map(lookedAtOnce), judges(notSeenUse)),
  'succeeded-use-not-known': requestOf(...began, ...toEnd('not-checked').map(lookedAtOnce), judges(notKnownUse)),
  failed: requestOf(...began, ...retried, settles('give-up', requester)),
  rejected: requestOf(asked(), rejects()),
  'rejected-with-comment': requestOf(asked(), rejects(comment)),
  cancelled: requestOf(asked(), cancels),
  expired: requestOf(asked(), { do: 'expire' }),
  'rotation-awaiting-newest': requestOf(asked(rotationPlan(), 1, { justification: dueSoon })),
  'rotation-awaiting-new-version': requestOf(asked(toMade, 1, { justification: dueSoon })),
  'rotation-awaiting-other-key': requestOf(asked(rotationPlan(toOtherKey))),
  'rotation-awaiting-no-way-back': requestOf(asked(rotationPlan(toNewest, { from: null }))),
  'rotation-approved': requestOf(asked(rotationPlan(), 1, { justification: dueSoon }), approves()),
  'rotation-running': requestOf(...rotationBegan(toMade), ...makesVersion, intends(1, 1, 'set-cmk')),
  'rotation-making': requestOf(...rotationBegan(toMade), intends(1, 1, 'make-key-version')),
  'rotation-moved': requestOf(...rotationBegan(rotationPlan()), ...stuck(1, 'set-cmk', moved)),
  'rotation-forbidden': requestOf(...rotationBegan(toMade), ...stuck(1, 'make-key-version', forbiddenByVault)),
  'rotation-succeeded-newest': requestOf(...rotationBegan(rotationPlan()), ...done(1, 'set-cmk'), ...verifies),
  'rotation-use-sought': requestOf(...rotationBegan(rotationPlan()), ...done(1, 'set-cmk'), ...verifies.map(lookedFor)),
  'rotation-use-seen': requestOf(
    ...rotationBegan(rotationPlan()),
    ...done(1, 'set-cmk'),
    ...verifies.map(lookedFor),
    judges(seenUse),
  ),
  'rotation-succeeded-new-version': requestOf(
    ...rotationBegan(toMade),
    ...makesVersion,
    ...done(1, 'set-cmk'),
    ...verifies,
  ),
  'rotation-succeeded-other-key': requestOf(
    ...rotationBegan(rotationPlan(toOtherKey)),
    ...done(1, 'grant-key-access'),
    ...done(1, 'protect-vault'),
    ...done(1, 'set-cmk'),
    ...verifies,
  ),
};

/** A life with everything in it: asked again, waited, stopped, retried, and done. */
export const longLife: readonly StoredEvent[] = lifeOf(
  ...approved,
  checked(unprotected),
  approves(),
  checked(unprotected, 'yes', 2),
  ...done(2, 'enable-identity'),
  intends(2, 1, 'grant-key-access'),
  records(2, didNot('grant-key-access', busy, '2026-03-02T12:06:10.000Z')),
  intends(2, 2, 'grant-key-access'),
  records(2, didNot('grant-key-access', forbidden, null, 2)),
  settles('retry', requester),
  checked(unprotected, 'yes', 3),
  ...done(3, 'enable-identity', { already: true }),
  ...done(3, 'grant-key-access'),
  ...done(3, 'protect-vault'),
  ...done(3, 'set-cmk'),
  ...done(3, 'verify', { proofs: proofs('proved') }),
);
