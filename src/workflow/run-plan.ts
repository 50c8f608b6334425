/**
 * The run of an approved plan, as steps of a durable workflow. Every function here runs inside one engine step: it may run
 * twice, and then finds under its cause what it recorded the first time. What the engine says was done before may have been
 * written by whoever holds the database: it decides whose turn it is, and nothing else. What may be changed in Azure, and what
 * came of it, is taken from the record and from this process's own memory.
 */
import { passesByItself } from '../domain/check.ts';
import { farMs } from '../domain/clock-apart.ts';
import { planDigest, type Sha256 } from '../domain/digest.ts';
import { type Failure, foundThat, type Outcome, saysGone } from '../domain/failure.ts';
import type { PersonId, RequestId } from '../domain/ids.ts';
import type { Observation } from '../domain/observed.ts';
import { blocksOf, type Plan, type StepName, stagesOf } from '../domain/plan.ts';
import { applyPolicy, type Policy, type Standing, termsFor } from '../domain/policy/policy.ts';
import type { ResourceFacts } from '../domain/policy/rules.ts';
import type { StepUp } from '../domain/policy/sign-in.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Requests } from '../domain/ports/store.ts';
import { decide } from '../domain/request/decide.ts';
import { blockedBy } from '../domain/request/decide-run.ts';
import { ownKeyOf, type Request } from '../domain/request/request.ts';
import type { IntendedTry, StepResult } from '../domain/request/request-command.ts';
import { isTooEarly } from '../domain/request/start-window.ts';
import { decideRetry, type RetryLimits, rereadAfterMs } from '../domain/retry.ts';
import { operationOf } from '../operations/registry.ts';
import { steps } from '../operations/steps/registry.ts';
import { confirmed } from '../operations/steps/step.ts';
import { orMoved } from '../operations/steps/where-moved.ts';
import type { AttemptStore } from './kept.ts';

export interface RunPorts {
  readonly requests: Requests;
  readonly azure: Azure;
  readonly policy: Policy;
  readonly tenantId: string;
  /** Whether a person may approve what is done to the agent, by the rule for it as it is now; asked afresh. */
  readonly approverStanding: (person: PersonId, resource: ResourceFacts) => Promise<Standing>;
  /** The same of whoever asked. */
  readonly requesterStanding: (person: PersonId, resource: ResourceFacts) => Promise<Standing>;
  /** What an approval needs beside the click; null where nothing. */
  readonly stepUp: StepUp | null;
  readonly retryLimits: RetryLimits;
  readonly sha256: Sha256;
  readonly random: (bytes: number) => Uint8Array;
  /**
   * Nonces between the storing of their hashes and the making of what carries them: whoever reads the database, a log or a card
   * must not learn one before the key is made. Another try has another.
   */
  readonly nonces: AttemptStore<string>;
  /** The tries whose intents this process stored: of any other one that is under way, its process has ended. */
  readonly intents: AttemptStore<true>;
  /** What came of tries, until it is recorded. Not by way of the engine: its tables carry no seals. */
  readonly results: AttemptStore<StepResult>;
  /** For how long after a success the vault's log is asked for the agent's use of the key; missing: it is not. */
  readonly useWithinMs?: number;
  readonly now: () => Date;
  /** Waits within an attempt, so only briefly: longer waits are the engine's. */
  readonly pause: (ms: number) => Promise<void>;
  /** Nothing is changed in Azure as long as this process lives. */
  readonly paused: boolean;
}

/** Whether a run may go on, and with which stages. */
export type Gate =
  | { readonly go: true; readonly stages: readonly (readonly StepName[])[] }
  | { readonly go: false }
  | { readonly go: 'wait'; readonly ms: number };

/** One try of one step. */
export interface StepAttempt {
  readonly step: StepName;
  readonly attempt: number;
}

/** A try that failed and will be repeated. */
export interface Waiting extends StepAttempt {
  readonly ms: number;
}

export const requireRequest = (request: Request | null, id: RequestId): Request => {
  if (request === null) throw new Error(`request ${id} has no events`);
  return request;
};

/**
 * Observes everything again before the first write of a run. The approval covers what is found: go. It does not: the
 * request asks again. Azure cannot be read: wait, then a person is asked.
 */
export async function runPreRunCheck(ports: RunPorts, id: RequestId, run: number, attempt: number): Promise<Gate> {
  const request = requireRequest(await ports.requests.load(id), id);
  // This machine's clock may be behind that of the one which started the run.
  if (isTooEarly(request, ports.now())) return { go: 'wait', ms: startsInMs(request, ports.now()) };
  const { wish } = request.plan;
  const operation = operationOf(wish);
  const own = ownKeyOf(request);
  const observed = await confirmed(
    () => operation.observe(ports.azure, wish, own),
    () => ports.pause(rereadAfterMs(ports.retryLimits)),
    saysAbsent(request),
  );
  if (!observed.ok) {
    const failure = await orMoved(ports.azure, request.plan.observation, observed.failure);
    return stopOrWait(ports, id, run, attempt, failure);
  }
  const { policy, tenantId, now, sha256, stepUp } = ports;
  const terms = termsFor(policy, observed.value.resource);
  const context = { tenantId, policyVersion: policy.version, terms, own };
  const planAt = (at: Date): Plan => operation.plan(wish, observed.value, { ...context, now: at });
  const plan = planAt(now());
  const blocks = blocksOf(plan);
  const [block] = blocks;
  // Somebody else's operation on the resource ends by itself: nobody need be asked at once.
  if (block !== undefined && blocks.every(passesByItself)) {
    return stopOrWait(ports, id, run, attempt, blockedBy(block, 'wait'));
  }
  const standings: Record<string, Standing> = {};
  for (const { by } of request.approvals) standings[by] = await ports.approverStanding(by, plan.observation.resource);
  const requesterStanding = await ports.requesterStanding(request.requester, plan.observation.resource);
  // A directory that does not answer is no reason to void what people approved.
  if ([...Object.values(standings), requesterStanding].includes('unknown'))
    return stopOrWait(ports, id, run, attempt, membershipUnknown);
  const approvers = terms.approvers.map((ids) => [...ids]);
  const command = { do: 'check-run', run, standings, requesterStanding, stepUp, approvers } as const;
  const checked = await ports.requests.append(id, `run:${run}/check`, (current, at) => {
    // This clock may not be believed: whether a key has expired is judged by the time at which that is stored.
    const found = planAt(at);
    const digest = planDigest(found, sha256);
    return decide(current, { ...command, plan: found, digest, policy: applyPolicy(policy, found, at) }, at);
  });
  const passed = checked.kind === 'accepted' && checked.events.some(({ body }) => body.type === 'run-checked');
  if (!passed) return { go: false };
  return { go: true, stages: stagesOf(request.plan) };
}

/** Whether the observation lacks what was there when people approved. */
const saysAbsent =
  ({ plan }: Request) =>
  (observed: Outcome<Observation>): boolean =>
    observed.ok ? plan.observation.key !== null && observed.value.key === null : saysGone(observed.failure);

/** No longer at a time than clocks may differ: one that is set right while the run waits would else have it wait on. */
const startsInMs = ({ notBefore }: Request, now: Date): number =>
  notBefore === null ? 0 : Math.min(Math.max(Date.parse(notBefore) - now.getTime(), 0), farMs);

const membershipUnknown: Failure = foundThat(
  'checking that requester and approvers still may',
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

/** A nonce of its own for each try of a step that makes what carries one: what is stored of it is its hash. */
function withNonce(
  { random, sha256 }: RunPorts,
  one: StepAttempt,
): { readonly intended: IntendedTry; readonly nonce: string | null } {
  if (steps[one.step].marks !== true) return { intended: one, nonce: null };
  const nonce = Buffer.from(random(32)).toString('hex');
  return { intended: { ...one, nonceHash: sha256(nonce) }, nonce };
}

/** Stores that these steps are about to be tried. No stored intent, no change to Azure. */
export async function recordIntent(
  ports: RunPorts,
  id: RequestId,
  run: number,
  tries: readonly StepAttempt[],
): Promise<boolean> {
  const cause = `run:${run}/${tries.map(({ step, attempt }) => `${step}/${attempt}`).join('+')}/intent`;
  const marked = tries.map((one) => withNonce(ports, one));
  const stored = await ports.requests.append(id, cause, (request, at) =>
    decide(request, { do: 'intend', run, steps: marked.map(({ intended }) => intended) }, at),
  );
  if (stored.kind === 'accepted' && !stored.replay) {
    for (const { intended, nonce } of marked) {
      ports.intents.keep({ id, run, ...intended }, true);
      if (nonce !== null) ports.nonces.keep({ id, run, ...intended }, nonce);
    }
  }
  if (stored.kind !== 'accepted' || !stored.replay) return stored.kind === 'accepted';
  // A process that was given up for dead may come back to an intent of a run that has ended meanwhile.
  const current = await ports.requests.load(id);
  return current?.state === 'running' && current.runs === run;
}

/** Asks a person, outside any one step: Azure could not be read, or something unexpected was caught. */
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
