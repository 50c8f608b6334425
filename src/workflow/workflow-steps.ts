/** What a run stores around its attempts: the pre-run check, intents, and an early end. The attempts are in `attempt-step.ts`. */

import { randomUUID } from 'node:crypto';
import { sha256 } from '../domain/canonical-json.ts';
import { isTemporaryBlock } from '../domain/check.ts';
import { maxSkewMs } from '../domain/clock-skew.ts';
import { planDigest } from '../domain/digest.ts';
import { botFailure, catchFailure, type Failure, isDisappearance, type Outcome } from '../domain/failure.ts';
import type { PersonId, RequestId } from '../domain/ids.ts';
import type { Observation } from '../domain/observed.ts';
import { blocksOf, type Plan, type StepName } from '../domain/plan.ts';
import { applyPolicy, type Policy, type RoleStatus, termsFor } from '../domain/policy/policy.ts';
import type { ResourceFacts } from '../domain/policy/rules.ts';
import type { StepUp } from '../domain/policy/sign-in.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Requests } from '../domain/ports/store.ts';
import { decide } from '../domain/request/decide.ts';
import { blockedBy } from '../domain/request/decide-run.ts';
import { ownKeyOf, type Request } from '../domain/request/request.ts';
import type { IntendedTry } from '../domain/request/request-command.ts';
import { isTooEarly } from '../domain/request/start-window.ts';
import { decideRetry, type RetryLimits, rereadAfterMs } from '../domain/retry.ts';
import { operationOf } from '../operations/registry.ts';
import { withNewLocation } from '../operations/steps/moved-or-replaced.ts';
import { steps } from '../operations/steps/registry.ts';
import { rereadIfMissing } from '../operations/steps/step.ts';

export interface RunPorts {
  readonly requests: Requests;
  readonly azure: Azure;
  readonly policy: Policy;
  readonly tenantId: string;
  /** Returns whether a person can approve changes to the resource, by its current rule. Not cached. */
  readonly approverStatus: (person: PersonId, resource: ResourceFacts) => Promise<RoleStatus>;
  /** The same for requesting. */
  readonly requesterStatus: (person: PersonId, resource: ResourceFacts) => Promise<RoleStatus>;
  /** Step-up authentication that an approval needs; null: none. */
  readonly stepUp: StepUp | null;
  readonly retryLimits: RetryLimits;
  readonly random: (bytes: number) => Uint8Array;
  /** Duration of the usage check after a success; missing: no check. */
  readonly useWithinMs?: number;
  readonly now: () => Date;
  /** Waits within an attempt, so only briefly. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Result of the check: whether the run continues. */
type Gate = { readonly go: boolean } | { readonly go: 'wait'; readonly ms: number };

export interface StepAttempt {
  readonly step: StepName;
  readonly attempt: number;
}

export const requireRequest = (request: Request | null, id: RequestId): Request => {
  if (request === null) throw new Error(`request ${id} has no events`);
  return request;
};

/**
 * Checks everything again before a run's first change. If the approval covers Azure's current state, the run continues; if
 * not, the request needs approval again. If Azure can't be read, it retries and then asks a person. `round`: 1, and the
 * request's revision if a passed check became too old before the first change.
 */
export async function runPreRunCheck(
  ports: RunPorts,
  id: RequestId,
  run: number,
  attempt: number,
  round = 1,
): Promise<Gate> {
  const request = requireRequest(await ports.requests.load(id), id);
  // This machine's clock might be behind the clock of the one that started the run.
  if (isTooEarly(request, ports.now())) return { go: 'wait', ms: startsInMs(request, ports.now()) };
  const { spec } = request.plan;
  const operation = operationOf(spec);
  const own = ownKeyOf(request);
  const observed = await rereadIfMissing(
    () => catchFailure(() => operation.observe(ports.azure, spec, own)),
    () => ports.pause(rereadAfterMs(ports.retryLimits)),
    saysAbsent(request),
  );
  if (!observed.ok) {
    const failure = await withNewLocation(ports.azure, request.plan.observation, observed.failure);
    return stopOrWait(ports, id, run, attempt, failure);
  }
  const { policy, tenantId, now, stepUp } = ports;
  const terms = termsFor(policy, observed.value.resource);
  const context = { tenantId, policyVersion: policy.version, terms, own };
  const planAt = (at: Date): Plan => operation.plan(spec, observed.value, { ...context, now: at });
  const plan = planAt(now());
  const blocks = blocksOf(plan);
  const [block] = blocks;
  // Another operation on the resource will finish by itself, so wait.
  if (block !== undefined && blocks.every(isTemporaryBlock)) {
    return stopOrWait(ports, id, run, attempt, blockedBy(block, 'wait'));
  }
  const roleStatuses: Record<string, RoleStatus> = {};
  for (const { by } of request.approvals) roleStatuses[by] = await ports.approverStatus(by, plan.observation.resource);
  const requesterStatus = await ports.requesterStatus(request.requester, plan.observation.resource);
  // An unavailable directory must not void approvals.
  if ([...Object.values(roleStatuses), requesterStatus].includes('unknown'))
    return stopOrWait(ports, id, run, attempt, membershipUnknown);
  const approvers = terms.approvers.map((ids) => [...ids]);
  const command = { do: 'check-run', run, roleStatuses, requesterStatus, stepUp, approvers } as const;
  const cause = `run:${run}/check${round === 1 ? '' : `/${round}`}`;
  const checked = await ports.requests.append(id, cause, (current, at) => {
    // This machine's clock might be wrong, so a key's expiry is checked at the time of storing.
    const found = planAt(at);
    const digest = planDigest(found);
    return decide(current, { ...command, plan: found, digest, policy: applyPolicy(policy, found, at) }, at);
  });
  return { go: checked.kind === 'accepted' && checked.events.some(({ body }) => body.type === 'run-checked') };
}

/** Returns whether something is missing that existed at the approval. */
const saysAbsent =
  ({ plan }: Request) =>
  (observed: Outcome<Observation>): boolean =>
    observed.ok ? plan.observation.key !== null && observed.value.key === null : isDisappearance(observed.failure);

/**
 * Returns the remaining wait, at most as long as clocks can differ. Otherwise a clock that is corrected during the wait
 * would extend it.
 */
const startsInMs = ({ notBefore }: Request, now: Date): number =>
  notBefore === null ? 0 : Math.min(Math.max(Date.parse(notBefore) - now.getTime(), 0), maxSkewMs);

const membershipUnknown: Failure = botFailure(
  'checking that requester and approvers still have their roles',
  { code: 'membership-unknown' },
  'wait',
);

async function stopOrWait(
  ports: RunPorts,
  id: RequestId,
  run: number,
  attempt: number,
  failure: Failure,
): Promise<Gate> {
  const retry = decideRetry(failure, attempt, { waited: attempt - 1, spentMs: 0, tryMs: 0 }, ports.retryLimits);
  if (retry.kind === 'wait' && attempt < ports.retryLimits.waitAttempts) return { go: 'wait', ms: retry.ms };
  await endRunEarly(ports, id, run, failure);
  return { go: false };
}

/**
 * Attempts whose intents this process stored. Any other attempt was begun by a process that ended. The nonce (null: it marks
 * nothing) is deliberately not durable: readers of the database, a log or a card must not learn it before the key has it.
 */
export type OwnAttempts = Map<StepName, { readonly nonce: string | null; readonly clientRequestId: string | null }>;

/**
 * Stores the intent to attempt these steps. Without a stored intent, nothing changes in Azure. Returns the attempts that are
 * now this process's; none: the run has ended, or the intent was stored before.
 */
export async function recordIntent(
  ports: RunPorts,
  id: RequestId,
  run: number,
  tries: readonly StepAttempt[],
): Promise<OwnAttempts | 'check-again'> {
  const cause = `run:${run}/${tries.map(({ step, attempt }) => `${step}/${attempt}`).join('+')}/intent`;
  const own: OwnAttempts = new Map();
  const intended = tries.map((one): IntendedTry => {
    const nonce = steps[one.step].marks === true ? Buffer.from(ports.random(32)).toString('hex') : null;
    const clientRequestId = steps[one.step].apply === undefined ? null : randomUUID();
    own.set(one.step, { nonce, clientRequestId });
    return { ...one, clientRequestId, ...(nonce === null ? {} : { nonceHash: sha256(nonce) }) };
  });
  const stored = await ports.requests.append(id, cause, (request, at) =>
    decide(request, { do: 'intend', run, steps: intended }, at),
  );
  if (stored.kind === 'refused') return stored.code === 'check-too-old' ? 'check-again' : new Map();
  return stored.replay ? new Map() : own;
}

/** Ends the run and asks a person, outside a step: Azure couldn't be read, or an unexpected error was caught. */
export async function endRunEarly(
  ports: Pick<RunPorts, 'requests'>,
  id: RequestId,
  run: number,
  failure: Failure,
): Promise<void> {
  await ports.requests.append(id, `run:${run}/stop`, (request, at) =>
    decide(request, { do: 'stop-run', run, failure }, at),
  );
}
