/** Requests in every state a card can show, folded from real events: nothing in them is made up for the card. */

import type { Failure } from '../../src/domain/failure.ts';
import { ArmId, KeyName, PersonId, RequestId } from '../../src/domain/ids.ts';
import type { Observation, Wish } from '../../src/domain/observed.ts';
import { makePlan, type Plan, type StepName } from '../../src/domain/plan.ts';
import type { Proof } from '../../src/domain/proof.ts';
import { decide } from '../../src/domain/request/decide.ts';
import { personActor, type StoredEvent } from '../../src/domain/request/events.ts';
import { fold } from '../../src/domain/request/evolve.ts';
import type { Request } from '../../src/domain/request/request.ts';
import type { Command, StepResult } from '../../src/domain/request/request-command.ts';
import { steps } from '../../src/steps/registry.ts';
import { guards, key, noon, principal, resource, sha256, vault, version } from '../unit/support/plans.ts';
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

export const wished: Wish = { resourceId, vaultId, keyName, keyVersion: version('5'), newKey: null };
export const newKeyWished: Wish = {
  ...wished,
  keyVersion: null,
  newKey: { type: 'RSA', size: 3072, expires: '2028-01-12T00:00:00.000Z' },
};

export const seen = (change: Partial<Observation> = {}): Observation => ({
  resource: resource({ id: resourceId, name: 'triage-agent-prod' }),
  vault: vault({ id: vaultId, name: 'kv-care-prod', uri: 'https://kv-care-prod.vault.azure.net/' }),
  key: key({ name: keyName, version: version('5') }),
  grantHeld: false,
  guards: guards(),
  ...change,
});

export const planOf = (change: Partial<Observation> = {}, wish: Wish = wished): Plan =>
  makePlan(steps, seen(change), wish, { tenantId: tenant, policyVersion: '3f9c21ab', now: noon });

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
    stepUp: null,
    signIn: null,
  });
const settles =
  (verb: 'retry' | 'give-up', person: PersonId) =>
  (asking: number): Command => ({ do: verb, ...by(person, asking), standing: 'no' });
export const approves = (person: PersonId = approver) => decides('approve', person);
export const rejects = (comment = '') => decides('reject', approver, comment);
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
  born: step === 'enable-identity' ? { principalId: principal, principalTenantId: tenant } : {},
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

const azureSaid = (change: Partial<Failure>): Failure => ({
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
const busy = azureSaid({
  next: 'wait',
  code: 'TooManyRequests',
  status: 429,
  message: 'The request is being throttled as the limit has been reached for operation type - Write.',
});
const own = (code: string, message: string, expected?: string): Failure => ({
  ...azureSaid({ code, message, status: null, clientRequestId: null, correlationId: null }),
  ...(expected === undefined ? {} : { expected }),
});
const readBack = own(
  'ReadBackDiffers',
  'Azure accepted the change, and the agent now shows no customer-managed key.',
  `The agent shows key cmk-triage-agent in https://kv-care-prod.vault.azure.net/, version ${version('5')}.`,
);
const gone = own('Missing', 'The vault kv-care-prod does not exist any more.');
const bug = own('UnexpectedError', 'Something unexpected happened. The log has it under CMK-7F3K9Q:1.');
const blocked = own('vault-firewalled', '');
const noAnswer: Failure = { ...busy, code: 'ECONNREFUSED', status: null, message: 'connect ECONNREFUSED 10.0.0.4:443' };

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
});
const approved = [asked(), approves()] as const;
const began = [...approved, checked()] as const;
const first = done(1, 'enable-identity');
const toVault = [...first, ...done(1, 'grant-key-access'), ...done(1, 'protect-vault')];
const toEnd = (usable: Proof['outcome']) => [
  ...toVault,
  ...done(1, 'set-cmk'),
  ...done(1, 'verify', { proofs: proofs(usable) }),
];
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
  'plan-changed': requestOf(...approved, checked(elsewhere)),
  'plan-changed-irreversible': requestOf(...approved, checked(unprotected)),
  'approvers-changed': requestOf(...approved, checked(planOf(), 'no')),
  approved: requestOf(...approved),
  running: requestOf(...began, ...first, intends(1, 1, 'grant-key-access')),
  'running-irreversible-done': requestOf(...began, ...toVault, intends(1, 1, 'set-cmk')),
  'running-waiting': requestOf(
    ...began,
    ...first,
    intends(1, 1, 'grant-key-access'),
    records(1, didNot('grant-key-access', busy, '2026-03-02T12:04:10.000Z')),
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
    intends(1, 1, 'enable-identity', 'create-key'),
    records(1, didNot('enable-identity', busy, '2026-03-02T12:04:10.000Z'), didNot('create-key', forbidden)),
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
  failed: requestOf(...began, ...retried, settles('give-up', requester)),
  rejected: requestOf(asked(), rejects()),
  'rejected-with-comment': requestOf(asked(), rejects(comment)),
  cancelled: requestOf(asked(), cancels),
  expired: requestOf(asked(), { do: 'expire' }),
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
