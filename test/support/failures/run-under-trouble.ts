/** A request, run against a local Azure by the run's own rules: the same code as the engine's, without its waits. */

import { openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { defaultRetryLimits } from '../../../src/config/settings/working.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { codeOf, type Failure } from '../../../src/domain/failure.ts';
import type { StepName } from '../../../src/domain/plan.ts';
import type { Azure } from '../../../src/domain/ports/azure.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command, StepResult } from '../../../src/domain/request/request-command.ts';
import { operationOf, type StoredChangeSpec } from '../../../src/operations/registry.ts';
import { approversGroup, requestersGroup } from '../../../src/sandbox/people.ts';
import { openAttemptStore, type RunPorts } from '../../../src/workflow/workflow-steps.ts';
import { type ConnectChoices, connect } from '../../contract/azure-setup.ts';
import type { RunningAzure } from '../azure/local-azure.ts';
import { decides, policy, settles } from '../builders/commands.ts';
import { driveRun } from '../builders/drive-run.ts';
import { approver, requester, requestId, submit, tenant } from '../builders/fixtures.ts';
import { memoryRequests } from '../builders/memory-requests.ts';
import { policyOf, termsOf } from '../builders/policies.ts';

const id = requestId(1);

/** As configured, but for the pauses between what one call repeats: how often it does is what counts. */
export const connected = (running: RunningAzure, choices: ConnectChoices = {}): Azure =>
  connect(running, { ...choices, limits: { firstRetryMs: 1, longestRetryMs: 10_000, ...choices.limits } });

export interface Met {
  readonly request: Request;
  /** What each try that failed ended with, in order. Of looks before the run only the last is kept. */
  readonly failures: readonly Failure[];
  readonly tries: number;
  /** Of waits between the tries. */
  readonly waitedMs: number;
}

type Where = 'check' | StepName;

const policyOfPeople = policyOf([], { requesters: [requestersGroup.id], approvers: [approversGroup.id] });

/** An approved request whose run has not begun, its clock at today. */
export async function approvedOn(running: RunningAzure, wished: StoredChangeSpec, choices: ConnectChoices = {}) {
  let [ms, waited, clockSkew] = [Date.now(), 0, 0];
  let azure = connected(running, choices);
  const now = (): Date => new Date(ms + clockSkew);
  const requests = memoryRequests(now);
  const roleStatuses = () => openRoleChecks(azure, policyOfPeople, { readers: [], operators: [], allowGuests: false });
  const ports: RunPorts = {
    requests,
    get azure() {
      return azure;
    },
    policy: policyOfPeople,
    tenantId: tenant,
    approverStatus: (person, resource) => roleStatuses().approver(person, resource),
    requesterStatus: (person, resource) => roleStatuses().requester(person, resource),
    stepUp: null,
    retryLimits: defaultRetryLimits,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    nonces: openAttemptStore<string>(),
    intents: openAttemptStore<true>(),
    results: openAttemptStore<StepResult>(),
    now,
    pause: async () => undefined,
    paused: false,
  };
  const send = async (cause: string, command: Command): Promise<void> => {
    const sent = await requests.append(id, cause, (request, at) => decide(request, command, at));
    if (sent.kind === 'refused') throw new Error(`${command.do}: ${sent.code}`);
  };
  const operation = operationOf(wished);
  const seen = await operation.observe(azure, wished, null);
  if (!seen.ok) throw new Error(codeOf(seen.failure));
  const context = { tenantId: tenant, policyVersion: 'p1', terms: termsOf(), now: now(), own: null };
  const plan = operation.plan(wished, seen.value, context);
  const expiresAt = new Date(ms + 72 * 3_600_000).toISOString();
  await send('submit', submit({ plan, digest: planDigest(plan), policy: { ...policy(1), expiresAt } }));
  await send('click:1', decides('approve', approver));

  const load = async (): Promise<Request> => {
    const request = await requests.load(id);
    if (request === null) throw new Error('the request is gone');
    return request;
  };

  /** Goes through one run; `before` is called ahead of each turn, with what was waited so far. */
  const drive = async (
    run: number,
    before: (turn: string, waitedMs: number) => Promise<void>,
    at: Where,
  ): Promise<Met> => {
    const [start, first] = [waited, requests.all().length];
    let looks = 0;
    await driveRun(ports, id, run, {
      journal: [],
      before: (turn) => {
        if (turn === 'check') looks += 1;
        return before(turn, waited - start);
      },
      after: () => undefined,
      advance: (by) => {
        ms += by;
        waited += by;
      },
    });
    const failures: Failure[] = [];
    let [tries, stopped] = [at === 'check' ? looks : 0, null as Failure | null];
    for (const { body } of requests.all().slice(first)) {
      if (body.type === 'step-failed' && body.data.step === at) failures.push(body.data.failure);
      if ((body.type === 'step-failed' || body.type === 'step-done') && body.data.step === at) tries += 1;
      if (body.type === 'attention-needed' && at === 'check') stopped = body.data.failure;
    }
    return {
      request: await load(),
      failures: stopped === null ? failures : [stopped],
      tries,
      waitedMs: waited - start,
    };
  };

  return {
    drive,
    load,
    /** As a restart with other settings would. */
    reconnect: (anew: ConnectChoices = {}) => {
      azure = connected(running, anew);
    },
    /** Somebody sets the machine's clock, that far from what it was. */
    setClock: (by: number) => {
      clockSkew = by;
    },
    retry: async (): Promise<void> => {
      const { asking } = await load();
      await send(`click:retry:${asking}`, settles('retry', requester, { asking }));
    },
  };
}
export type Approved = Awaited<ReturnType<typeof approvedOn>>;
