/** The commands of a request's life, and requests in every state made by them. */

import type { Failure } from '../../../src/domain/failure.ts';
import { type ArmId, FormId, PersonId, type RequestId } from '../../../src/domain/ids.ts';
import type { Plan, StepName } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import type { SignIn, StepUp } from '../../../src/domain/policy/sign-in.ts';
import type { Proof } from '../../../src/domain/proof.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { type NewEvent, personActor, type StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command, StepResult, Submit } from '../../../src/domain/request/request-command.ts';
import { appliedPolicy, approver, click, requester, requestId, resource, resourceId, tenant } from './fixtures.ts';
import { noon, planFor, ref, spec } from './plans.ts';

export const id = requestId(1);
export const secondApprover = PersonId.parse('20000000-0000-4000-8000-000000000003');
export const outsider = PersonId.parse('20000000-0000-4000-8000-000000000004');
export const expiresAt = '2026-03-05T12:00:00.000Z';
export const later = new Date('2026-03-05T12:00:00.000Z');

type AzureFailure = Extract<Failure, { source: 'azure' }>;

export const failure = (change: Partial<AzureFailure> = {}): AzureFailure => ({
  source: 'azure',
  next: 'ask',
  doing: 'protecting vault kv-care',
  code: 'AuthorizationFailed',
  message: 'The client has no right to do this.',
  status: 403,
  retryAfterMs: null,
  clientRequestId: 'client-1',
  correlationId: 'correlation-1',
  change: 'unknown',
  ...change,
});

export const policy = (approvalsRequired = 2) => appliedPolicy({ approvalsRequired, expiresAt });

/** To put an agent under an existing key. */
export function plan(agent: ArmId = resourceId()): Plan {
  const name = agent.split('/').at(-1) ?? '';
  return planFor({ wished: spec({ resource: ref(name) }), seen: { resource: resource({ id: agent, name }) } });
}

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

/** The one event a submission leads to. */
export function submitted(change: Partial<Submit> = {}): NewEvent {
  const decision = decide(null, submit(change), new Date(0));
  const [event] = decision.kind === 'accepted' ? decision.events : [];
  if (event === undefined) throw new Error('the fixture was refused');
  return event;
}

export const asks = (approvalsRequired = 2, plan: Plan = planFor()): Command =>
  submit({ plan, digest: '1'.repeat(64), policy: policy(approvalsRequired) });

interface ClickChange {
  readonly asking?: number;
  readonly roleStatus?: RoleStatus;
  readonly requesterStatus?: RoleStatus;
  readonly asOperator?: boolean;
  readonly acknowledged?: boolean;
  readonly comment?: string;
  readonly stepUp?: StepUp | null;
  readonly signIn?: SignIn | null;
  readonly notBefore?: string | null;
}

export function decides(verb: 'approve' | 'reject', by: PersonId, change: ClickChange = {}): Command {
  const decided = {
    ...click(by, change.asking ?? 1),
    roleStatus: change.roleStatus ?? 'yes',
    acknowledged: change.acknowledged ?? true,
    comment: change.comment ?? (verb === 'reject' ? 'Not this week' : ''),
  };
  if (verb === 'reject') return { do: verb, ...decided };
  const requesterStatus = change.requesterStatus ?? 'yes';
  const { stepUp = null, signIn = null, notBefore = null } = change;
  return { do: verb, ...decided, requesterStatus, stepUp, signIn, notBefore };
}
export const approve = (by: PersonId = approver, change: ClickChange = {}): Command => decides('approve', by, change);
export const reject = (by: PersonId = approver, comment = 'Not this week'): Command =>
  decides('reject', by, { comment });
export const cancels = (by: PersonId = requester, asking = 1): Command => ({ do: 'cancel', ...click(by, asking) });
export const withdraws = (by: PersonId, asking = 1): Command => ({ do: 'withdraw', ...click(by, asking) });
/** Whoever asked wants it otherwise: here for another reason. */
export const changes = (change: Partial<Extract<Command, { do: 'change' }>> = {}): Command => {
  const by = change.by ?? requester;
  return {
    do: 'change',
    ...click(by, 1),
    formId: FormId.parse('F-0000000002'),
    plan: planFor(),
    digest: '3'.repeat(64),
    policy: policy(),
    justification: 'For another reason',
    notBefore: null,
    ...change,
  };
};
export const reminds = (by: PersonId = requester, asking = 1): Command => ({ do: 'remind', ...click(by, asking) });
/** Asks with an escalation that is due at once. */
export const asksDue = (change: Partial<Submit> = {}): Command =>
  submit({ plan: planFor(), policy: { ...policy(), escalateAt: noon.toISOString() }, ...change });
export const escalates = (...to: readonly PersonId[]): Command => ({ do: 'escalate', to });
export const settles = (verb: 'retry' | 'give-up' | 'stop', by: PersonId, change: ClickChange = {}): Command => ({
  do: verb,
  ...click(by, change.asking ?? 1),
  roleStatus: change.roleStatus ?? 'no',
  requesterStatus: change.requesterStatus ?? 'yes',
  asOperator: change.asOperator ?? false,
  comment: change.comment ?? 'No longer wanted',
});
export const operates = (verb: 'cancel' | 'stop' | 'retry' | 'give-up', asking: number): Command => ({
  do: verb,
  by: approver,
  actor: { kind: 'operator', id: 'duty', tenantId: null, signIn: 'command-line' },
  asking,
  roleStatus: 'no',
  requesterStatus: 'no',
  comment: 'No longer wanted',
});
export const expires: Command = { do: 'expire' };

type CheckRun = Extract<Command, { do: 'check-run' }>;

export const checks = (change: Partial<CheckRun> = {}): CheckRun => ({
  do: 'check-run',
  run: 1,
  plan: planFor(),
  digest: '2'.repeat(64),
  policy: policy(),
  roleStatuses: { [approver]: 'yes', [secondApprover]: 'yes' },
  requesterStatus: 'yes',
  approvers: [[approver, secondApprover]],
  stepUp: null,
  ...change,
});
/** The check before run 1 finds what {@link submit} asked for, and its approver still one. */
export const checkRun = (agent = resourceId()): Command =>
  checks({
    plan: plan(agent),
    digest: 'd'.repeat(64),
    policy: appliedPolicy(),
    roleStatuses: { [approver]: 'yes' },
    approvers: [[approver]],
  });
export const intends = (run = 1, step: StepName = 'enable-identity', attempt = 1): Command => ({
  do: 'intend',
  run,
  steps: [{ step, attempt }],
});

export const doneWith = (
  step: StepName,
  change: Partial<Extract<StepResult, { outcome: 'done' }>> = {},
): StepResult => ({
  step,
  attempt: 1,
  outcome: 'done',
  already: false,
  outputs: {},
  receipt: { clientRequestId: 'client-2', correlationId: 'correlation-2' },
  proofs: [],
  ...change,
});
export const failedWith = (
  step: StepName,
  retryAt: string | null,
  attempt = 1,
  change: Partial<AzureFailure> = {},
): StepResult => ({ step, attempt, outcome: 'failed', failure: failure(change), retryAt });
export const records = (run: number, ...results: readonly StepResult[]): Command => ({ do: 'record', run, results });
export const stops = (run = 1): Command => ({ do: 'stop-run', run, failure: failure() });

/** What is done in turn; a function is handed the revision of the card that stands then. */
export type Turn = Command | ((asking: number) => Command);

/** The events after each turn; throws on a refusal, with its code. */
export function eventsOf(
  request: RequestId,
  turns: readonly Turn[],
  timeOf: (command: Command, turn: number) => Date,
  seqBefore = 0,
): readonly StoredEvent[] {
  const stored: StoredEvent[] = [];
  turns.forEach((turn, n) => {
    const known = fold(request, stored);
    const command = typeof turn === 'function' ? turn(known?.asking ?? 0) : turn;
    const now = timeOf(command, n);
    const decision = decide(known, command, now);
    if (decision.kind === 'refused') throw new Error(`${command.do}: ${decision.code}`);
    for (const { body, texts } of decision.events) {
      const revision = stored.length + 1;
      const place = { seq: seqBefore + revision, revision, cause: `${command.do}/${revision}` };
      stored.push({ ...place, time: now.toISOString(), body, texts });
    }
  });
  return stored;
}

export const eventsAfter = (...commands: readonly Command[]): readonly StoredEvent[] =>
  eventsOf(id, commands, (command) => (command.do === 'expire' ? later : noon));

export function requestAfter(...commands: readonly Command[]): Request {
  const request = fold(id, eventsAfter(...commands));
  if (request === null) throw new Error('no commands were given');
  return request;
}

/** What a decision comes to, in one word a piece: the event types, or the refusal's code. `nothing` is accepted too. */
export function comesTo(request: Request | null, command: Command, now: Date = noon): string {
  const decision = decide(request, command, now);
  if (decision.kind === 'refused') return decision.code;
  return decision.events.map(({ body }) => (body.type === 'ended' ? body.data.as : body.type)).join(' ') || 'nothing';
}

/** Two approvals are needed; who approved is `approver`, then `secondApprover`. */
export const approvedBy = (...people: readonly PersonId[]): Command[] => [
  asks(),
  ...people.map((person) => decides('approve', person)),
];
export const toApproved = approvedBy(approver, secondApprover);
/** What `verify` finds when all is well. */
export const proved: readonly Proof[] = [
  { level: 'read-back', outcome: 'proved' },
  { level: 'permission-held', outcome: 'proved' },
];
export const toChecked = [...toApproved, checks()];
export const toRunning = [...toChecked, intends()];
export const does = (step: StepName, change: Parameters<typeof doneWith>[1] = {}, run = 1): readonly Command[] => [
  intends(run, step),
  records(run, doneWith(step, change)),
];
/** All steps of {@link planFor} that come before setting the key are done. */
export const toSettingKey = [
  ...toChecked,
  ...(['enable-identity', 'grant-key-access', 'protect-vault'] as const).flatMap((step) => does(step)),
];
export const toVerifying = [...toSettingKey, ...does('set-cmk'), intends(1, 'verify')];
export const toSucceeded = [...toVerifying, records(1, doneWith('verify', { proofs: proved }))];
export const toAttention = [...toRunning, records(1, failedWith('enable-identity', null))];
/** Revision of the event that asked last in `toAttention`. */
export const attention = 8;
