/** What people and the bot do in turn, and the life that comes of it: folded from real events, nothing is made up for a card. */

import { sha256 } from '../../../src/domain/canonical-json.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import { FormId, type PersonId, RequestId } from '../../../src/domain/ids.ts';
import type { Plan, StepName } from '../../../src/domain/plan.ts';
import type { Proof } from '../../../src/domain/proof.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command, StepResult } from '../../../src/domain/request/request-command.ts';
import type { UseAnswer } from '../../../src/domain/usage-check.ts';
import type { Turn } from '../builders/commands.ts';
import * as commands from '../builders/commands.ts';
import { submit } from '../builders/commands.ts';
import { approver, requester, tenant } from '../builders/fixtures.ts';
import { noon, principal } from '../builders/plans.ts';
import { receipt } from './card-failures.ts';
import { newKeyWished, planOf } from './card-plans.ts';

const id = RequestId.parse('CMK-7F3K9Q');

const justification = 'Policy 7.4: patient data under keys the hospital group owns, before the December audit.';

const digestOf = (plan: Plan): string => sha256(JSON.stringify(plan));
const policy = (approvalsRequired: number) => ({ ...commands.policy(approvalsRequired), version: '3f9c21ab' });

export const asked = (plan: Plan = planOf(), approvalsRequired = 1, change: Partial<Command & { do: 'submit' }> = {}) =>
  submit({
    plan,
    resourceName: plan.observation.resource.name,
    digest: digestOf(plan),
    policy: policy(approvalsRequired),
    justification,
    ...change,
  });

export const settles =
  (verb: 'retry' | 'give-up' | 'stop', person: PersonId, roleStatus: 'yes' | 'no' = 'no'): Turn =>
  (asking) =>
    commands.settles(verb, person, { asking, roleStatus, comment: 'The vault moves to another group first' });
export const approves =
  (person: PersonId = approver, comment = ''): Turn =>
  (asking) =>
    commands.decides('approve', person, { asking, comment });
export const rejects =
  (comment = 'Not before the audit'): Turn =>
  (asking) =>
    commands.decides('reject', approver, { asking, comment });
export const changes = (asking: number): Command => {
  const plan = planOf({ key: null }, newKeyWished);
  const justification = 'One key for the ward alone, as the audit asks';
  const told = { formId: FormId.parse('F-2M8D4T7KQX'), plan, digest: digestOf(plan), policy: policy(2), justification };
  return commands.changes({ asking, ...told, notBefore: '2026-03-08T01:00:00.000Z' });
};
export const cancels = (asking: number): Command => commands.cancels(requester, asking);

export const intends = (run: number, attempt: number, ...all: readonly StepName[]): Command => ({
  do: 'intend',
  run,
  steps: all.map((step) => ({ step, attempt })),
});
export const worked = (step: StepName, change: Parameters<typeof commands.doneWith>[1] = {}): StepResult =>
  commands.doneWith(step, {
    outputs: step === 'enable-identity' ? { principalId: principal, principalTenantId: tenant } : {},
    receipt,
    ...change,
  });
export const didNot = (step: StepName, failure: Failure, retryAt: string | null = null, attempt = 1): StepResult => ({
  step,
  attempt,
  outcome: 'failed',
  failure,
  retryAt,
});
/** One step from its intent to its end. */
export const done = (run: number, step: StepName, change = {}): readonly Command[] => [
  intends(run, 1, step),
  commands.records(run, worked(step, change)),
];
export const stuck = (run: number, step: StepName, failure: Failure): readonly Command[] => [
  intends(run, 1, step),
  commands.records(run, didNot(step, failure)),
];

export const lifeOf = (...turns: readonly Turn[]): readonly StoredEvent[] =>
  commands.eventsOf(
    id,
    turns,
    ({ do: what }, n) => (what === 'expire' ? commands.later : new Date(noon.getTime() + n * 40_000)),
    116,
  );

export function requestOf(...turns: readonly Turn[]): Request {
  const request = fold(id, lifeOf(...turns));
  if (request === null) throw new Error('nobody asked');
  return request;
}

export const proofs = (usable: Proof['outcome']): Proof[] => [
  { level: 'read-back', outcome: 'proved' },
  { level: 'permission-held', outcome: 'proved' },
  { level: 'key-usable', outcome: usable },
  { level: 'use-seen', outcome: 'not-checked' },
];
export const checked = (plan: Plan = planOf(), roleStatus: 'yes' | 'no' = 'yes', run = 1): Command =>
  commands.checks({
    run,
    plan,
    digest: digestOf(plan),
    policy: policy(1),
    roleStatuses: { [approver]: roleStatus },
  });
export const lookedFor = (command: Command): Command =>
  command.do === 'record' ? { ...command, useWithinMs: 30 * 60_000 } : command;
export const judges = (answer: UseAnswer): Command => ({ do: 'judge-use', run: 1, answer });
export const seenUse: UseAnswer = {
  outcome: 'used',
  at: '2026-03-02T12:08:31.000Z',
  operation: 'KeyWrap',
  knownBy: 'object-id',
  allowedBy: { by: 'role-assignment', id: '3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9', ours: true },
};
