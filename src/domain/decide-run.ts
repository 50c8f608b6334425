/** What may happen to a request before and in a run: nothing that an approval does not cover. */
import type { Check } from './checks.ts';
import { botActor, type NewEvent, newEvent } from './events.ts';
import type { Failure } from './failure.ts';
import { isCovered, notCovered, type Plan, type StepName } from './plan.ts';
import { refuse } from './refusal.ts';
import type { Request } from './request.ts';
import { accept, type Command, type Decision, type StepResult } from './request-command.ts';

/** Orders the next run of the plan as it stands. */
export const orderRun = (request: Request): NewEvent =>
  newEvent(
    'run-ordered',
    botActor,
    { run: request.runs + 1 },
    { planDigest: request.digest, target: request.plan.wish.agentId, onBehalfOf: request.requester },
  );

export function checkRun(request: Request, command: Extract<Command, { do: 'check-run' }>): Decision {
  if (request.state !== 'approved' || request.runs !== command.run) return refuse('not-awaiting-approval', request.id);
  const difference = notCovered(request.plan, command.plan, request.born.keyVersion ?? null);
  const [block] = difference.blocks;
  // Nobody can approve a way around a block: somebody removes what blocks, then retries, and the approvals hold.
  if (block !== undefined) return stopRun(request, { run: command.run, failure: blockedBy(block) });
  const covered = isCovered(difference);
  const still = request.approvals.filter((approval) => command.standings[approval.by] === 'yes').length;
  // A policy that was tightened meanwhile holds; one that was loosened does not help a request asked under the old one.
  const needed = Math.max(request.policy.approvalsRequired, command.policy.approvalsRequired);
  if (covered && still >= needed) return accept();
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

/** What every event of a run says of whose and which plan it is. */
export const runRest = (request: Request) => ({
  planDigest: request.digest,
  target: request.plan.wish.agentId,
  onBehalfOf: request.requester,
});

export function intend(request: Request, command: Extract<Command, { do: 'intend' }>): Decision {
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

export function record(request: Request, command: Extract<Command, { do: 'record' }>): Decision {
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

export function stopRun(
  request: Request,
  { run, failure }: { readonly run: number; readonly failure: Failure },
): Decision {
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
