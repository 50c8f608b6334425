/**
 * What may happen to a request. `decide` runs inside the transaction that stores what it returns: it sees every event
 * stored before, and nothing else can be stored in between.
 */
import type { Check } from './checks.ts';
import { type Actor, botActor, type NewEvent, newEvent, type Origin } from './events.ts';
import type { Failure, Receipt } from './failure.ts';
import type { FormId, PersonId } from './ids.ts';
import { blocksOf, isCovered, notCovered, type Plan, type StepName, stepsOf } from './plan.ts';
import type { AppliedPolicy, Standing } from './policy.ts';
import type { Proof } from './proof.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { hasEnded, type Request } from './request.ts';

export const longestText = 500;

/** A click on a request's card. `asking` is the revision the card carried. */
interface Click {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly asking: number;
}

/** A click, or an operator at the command line, who is not one of the people Teams knows. */
type ClickOrOperator = Omit<Click, 'by'> & { readonly by: PersonId | null };

export interface Submit {
  readonly do: 'submit';
  readonly by: PersonId;
  readonly actor: Actor;
  readonly formId: FormId;
  readonly agentName: string;
  readonly plan: Plan;
  readonly digest: string;
  readonly policy: AppliedPolicy;
  readonly origin: Origin;
  readonly justification: string;
}

export type StepResult =
  | {
      readonly step: StepName;
      readonly attempt: number;
      readonly outcome: 'done';
      readonly already: boolean;
      readonly born: Readonly<Record<string, string>>;
      readonly receipt: Receipt | null;
      readonly proofs: readonly Proof[];
    }
  | {
      readonly step: StepName;
      readonly attempt: number;
      readonly outcome: 'failed';
      readonly failure: Failure;
      /** ISO 8601, or null: ask a person. */
      readonly retryAt: string | null;
    };

export type Command =
  | Submit
  | (Click & {
      readonly do: 'approve' | 'reject';
      readonly standing: Standing;
      readonly acknowledged: boolean;
      readonly comment: string;
    })
  | (ClickOrOperator & { readonly do: 'cancel' })
  | (ClickOrOperator & { readonly do: 'retry' | 'give-up'; readonly standing: Standing })
  | { readonly do: 'erase-texts'; readonly actor: Actor; readonly reason: string }
  | { readonly do: 'expire' }
  | {
      /** Before a run: the plan as the world now is, and whether each approver still is one. */
      readonly do: 'check-run';
      readonly run: number;
      readonly plan: Plan;
      readonly digest: string;
      readonly policy: AppliedPolicy;
      readonly standings: Readonly<Record<string, Standing>>;
    }
  | { readonly do: 'intend'; readonly run: number; readonly steps: readonly { step: StepName; attempt: number }[] }
  | { readonly do: 'record'; readonly run: number; readonly results: readonly StepResult[] }
  | { readonly do: 'stop-run'; readonly run: number; readonly failure: Failure };

export type Decision = { readonly kind: 'accepted'; readonly events: readonly NewEvent[] } | Refusal;

const accept = (...events: readonly NewEvent[]): Decision => ({ kind: 'accepted', events });

const standingRefusals: Record<Exclude<Standing, 'yes'>, RefusalCode> = {
  no: 'not-an-approver',
  unknown: 'cannot-check-membership',
  'nobody-configured': 'no-approvers-configured',
};

/** The events a command leads to, or the reason why not. */
export function decide(request: Request | null, command: Command, now: Date): Decision {
  if (command.do === 'submit') return request === null ? submit(command) : refuse('form-ended');
  if (request === null) return refuse('unknown-request');
  switch (command.do) {
    case 'approve':
    case 'reject':
      return decideOn(request, command, now);
    case 'cancel':
      return cancel(request, command);
    case 'retry':
    case 'give-up':
      return retryOrGiveUp(request, command);
    case 'erase-texts':
      return eraseTexts(request, command);
    case 'expire':
      return expire(request, now);
    case 'check-run':
      return checkRun(request, command);
    case 'intend':
      return intend(request, command);
    case 'record':
      return record(request, command);
    case 'stop-run':
      return stopRun(request, command);
  }
}

function submit(command: Submit): Decision {
  const justification = command.justification.trim();
  if (justification === '') return refuse('justification-missing');
  if (justification.length > longestText) return refuse('justification-too-long', `${longestText}`);
  const block = blocksOf(command.plan)[0];
  if (block !== undefined) return refuse('plan-blocked', block.code);
  const { formId, agentName, plan, policy, origin, digest } = command;
  return accept(
    newEvent(
      'submitted',
      command.actor,
      { formId, agentName, plan, policy, origin },
      { planDigest: digest, target: plan.wish.agentId, result: 'awaiting-approval' },
      { justification },
    ),
  );
}

type Decide = Extract<Command, { do: 'approve' | 'reject' }>;

function decideOn(request: Request, command: Decide, now: Date): Decision {
  // Who may decide comes first: nobody learns the state of a request they may not decide on.
  if (command.by === request.requester) return refuse('own-request', request.id);
  if (command.standing !== 'yes') return refuse(standingRefusals[command.standing], request.id);
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  if (command.comment.length > longestText) return refuse('comment-too-long', `${longestText}`);
  if (request.state !== 'awaiting-approval' && request.state !== 'approved') return decidedLate(request, command);
  if (now.toISOString() >= request.policy.expiresAt && request.state === 'awaiting-approval') {
    return refuse('request-ended', request.id);
  }
  const rest = { planDigest: request.digest, target: request.plan.wish.agentId, onBehalfOf: request.requester };
  const texts: Record<string, string> = command.comment.trim() === '' ? {} : { comment: command.comment.trim() };
  if (command.do === 'reject') {
    return accept(newEvent('rejected', command.actor, {}, { ...rest, result: 'rejected' }, texts));
  }
  return approve(request, command, rest, texts);
}

/** Too late to have an effect, and recorded all the same: somebody who had a say said it. Once a person and verb. */
const decidedLate = (request: Request, { do: verb, actor }: Decide): Decision =>
  accept(
    newEvent(
      'decided-late',
      actor,
      { verb, state: request.state },
      { planDigest: request.digest, target: request.plan.wish.agentId, result: 'no effect' },
    ),
  );

function approve(
  request: Request,
  command: Decide,
  rest: { planDigest: string; target: string; onBehalfOf: string },
  texts: Record<string, string>,
): Decision {
  if (request.approvals.some((approval) => approval.by === command.by)) return refuse('already-approved-by-you');
  if (request.state === 'approved') return refuse('already-approved', request.id);
  const irreversible = stepsOf(request.plan, 'irreversible').length;
  if (irreversible > 0 && !command.acknowledged) return refuse('acknowledge-irreversible', `${irreversible}`);
  const counted = request.approvals.length + 1;
  const { approvalsRequired } = request.policy;
  const approved = newEvent(
    'approved',
    command.actor,
    { acknowledgedIrreversible: command.acknowledged },
    { ...rest, result: `approved ${counted} of ${approvalsRequired}` },
    texts,
  );
  if (counted < approvalsRequired) return accept(approved);
  return accept(approved, orderRun(request));
}

const orderRun = (request: Request): NewEvent =>
  newEvent(
    'run-ordered',
    botActor,
    { run: request.runs + 1 },
    { planDigest: request.digest, target: request.plan.wish.agentId, onBehalfOf: request.requester },
  );

/** An operator is named by the command line, which vouches for nobody: the name is kept as said. */
const submittedBy = (actor: Actor): string | null => (actor.kind === 'operator' ? actor.id : null);

function cancel(request: Request, command: Extract<Command, { do: 'cancel' }>): Decision {
  if (command.actor.kind !== 'operator' && command.by !== request.requester) return refuse('not-your-request');
  if (hasEnded(request)) return refuse('request-ended', request.id);
  if (request.state !== 'awaiting-approval' && request.state !== 'approved') return refuse('run-started', request.id);
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  const rest = { planDigest: request.digest, target: request.plan.wish.agentId, result: 'cancelled' };
  return accept(newEvent('cancelled', command.actor, {}, { ...rest, submittedBy: submittedBy(command.actor) }));
}

function retryOrGiveUp(request: Request, command: Extract<Command, { do: 'retry' | 'give-up' }>): Decision {
  const may = command.actor.kind === 'operator' || command.by === request.requester || command.standing === 'yes';
  if (!may) return refuse(command.standing === 'unknown' ? 'cannot-check-membership' : 'not-an-approver', request.id);
  if (hasEnded(request)) return refuse('request-ended', request.id);
  if (request.state !== 'needs-attention') return refuse('not-needing-attention', request.id);
  if (command.asking !== request.asking) return refuse('stale-card', request.id);
  const rest = { ...runRest(request), submittedBy: submittedBy(command.actor) };
  if (command.do === 'retry') return accept(newEvent('retried', command.actor, {}, rest), orderRun(request));
  return accept(newEvent('given-up', command.actor, {}, { ...rest, result: 'failed' }));
}

/** Any state will do, and stays what it is: what people wrote is not what a request rests on. */
function eraseTexts(request: Request, command: Extract<Command, { do: 'erase-texts' }>): Decision {
  if (command.actor.kind !== 'operator') return refuse('not-your-request', request.id);
  const reason = command.reason.trim();
  if (reason === '') return refuse('justification-missing');
  if (reason.length > longestText) return refuse('justification-too-long', `${longestText}`);
  const rest = { planDigest: request.digest, target: request.plan.wish.agentId, result: 'erased' };
  return accept(
    newEvent('texts-erased', command.actor, { reason }, { ...rest, submittedBy: submittedBy(command.actor) }),
  );
}

function expire(request: Request, now: Date): Decision {
  if (request.state !== 'awaiting-approval') return refuse('not-awaiting-approval', request.id);
  // A plan that changed has a later end: its own timer will come.
  if (now.toISOString() < request.policy.expiresAt) return refuse('not-awaiting-approval', request.id);
  return accept(newEvent('expired', botActor, {}, { planDigest: request.digest, result: 'expired' }));
}

function checkRun(request: Request, command: Extract<Command, { do: 'check-run' }>): Decision {
  if (request.state !== 'approved' || request.runs !== command.run) return refuse('not-awaiting-approval', request.id);
  const difference = notCovered(request.plan, command.plan, request.born.keyVersion ?? null);
  const [block] = difference.blocks;
  // Nobody can approve a way around a block: somebody removes what blocks, then retries, and the approvals hold.
  if (block !== undefined) return stopRun(request, { run: command.run, failure: blockedBy(block) });
  const covered = isCovered(difference);
  const still = request.approvals.filter((approval) => command.standings[approval.by] === 'yes').length;
  if (covered && still >= request.policy.approvalsRequired) return accept();
  const { run, plan, policy } = command;
  const reason = covered ? 'approvers-changed' : 'effects-not-covered';
  return accept(
    newEvent(
      'plan-changed',
      botActor,
      { run, plan, policy, reason },
      {
        planDigest: command.digest,
        target: request.plan.wish.agentId,
        onBehalfOf: request.requester,
        result: 'awaiting-approval',
      },
    ),
  );
}

const blockedBy = ({ code, fact }: Check): Failure => ({
  next: 'ask',
  doing: 'checking the plan before the run',
  code,
  message: fact,
  status: null,
  retryAfterMs: null,
  clientRequestId: null,
  correlationId: null,
});

/** Only an approved request, or one already in this run, may touch Azure. */
const inRun = (request: Request, run: number): boolean =>
  request.runs === run && (request.state === 'approved' || request.state === 'running');

const runRest = (request: Request) => ({
  planDigest: request.digest,
  target: request.plan.wish.agentId,
  onBehalfOf: request.requester,
});

function intend(request: Request, command: Extract<Command, { do: 'intend' }>): Decision {
  if (!inRun(request, command.run)) return refuse('request-ended', request.id);
  return accept(
    ...command.steps.map(({ step, attempt }) =>
      newEvent(
        'step-intended',
        botActor,
        { run: command.run, step, attempt },
        {
          ...runRest(request),
          before: values(request.plan, step, 'before'),
          after: values(request.plan, step, 'value'),
        },
      ),
    ),
  );
}

/** What a step changes, as `target property` to value. */
function values(plan: Plan, name: StepName, which: 'before' | 'value'): Record<string, string> {
  const effects = plan.steps.find((step) => step.name === name)?.effects ?? [];
  return Object.fromEntries(effects.map((effect) => [`${effect.target} ${effect.property}`, effect[which]]));
}

function record(request: Request, command: Extract<Command, { do: 'record' }>): Decision {
  if (!inRun(request, command.run)) return refuse('request-ended', request.id);
  const { run } = command;
  const events = command.results.map((result) => resultEvent(request, run, result));
  const stuck = command.results.find((result) => result.outcome === 'failed' && result.retryAt === null);
  if (stuck?.outcome === 'failed') {
    const { step, failure } = stuck;
    events.push(
      newEvent(
        'attention-needed',
        botActor,
        { run, step, failure },
        { ...runRest(request), result: 'needs-attention' },
      ),
    );
  }
  const verified = command.results.find((result) => result.outcome === 'done' && result.step === 'verify');
  if (verified?.outcome === 'done') {
    events.push(
      newEvent(
        'succeeded',
        botActor,
        { run, proofs: [...verified.proofs] },
        { ...runRest(request), result: 'succeeded' },
      ),
    );
  }
  return accept(...events);
}

function resultEvent(request: Request, run: number, result: StepResult): NewEvent {
  if (result.outcome === 'done') {
    const { step, attempt, already, born, receipt } = result;
    return newEvent(
      'step-done',
      botActor,
      { run, step, attempt, already, born },
      {
        ...runRest(request),
        after: values(request.plan, step, 'value'),
        result: already ? 'already so' : 'done',
        clientRequestId: receipt?.clientRequestId ?? null,
        correlationId: receipt?.correlationId ?? null,
      },
    );
  }
  const { step, attempt, failure, retryAt } = result;
  const { clientRequestId, correlationId, code } = failure;
  return newEvent(
    'step-failed',
    botActor,
    { run, step, attempt, failure, retryAt },
    { ...runRest(request), result: code, clientRequestId, correlationId },
  );
}

function stopRun(request: Request, { run, failure }: { readonly run: number; readonly failure: Failure }): Decision {
  if (!inRun(request, run)) return refuse('request-ended', request.id);
  return accept(
    newEvent(
      'attention-needed',
      botActor,
      { run, step: null, failure },
      { ...runRest(request), result: 'needs-attention' },
    ),
  );
}
