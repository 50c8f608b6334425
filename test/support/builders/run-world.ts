/** A request with its approvals in memory, an Azure in memory, and the ports of its run. */

import { planDigest } from '../../../src/domain/digest.ts';
import { codeOf } from '../../../src/domain/failure.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Command, StepResult } from '../../../src/domain/request/request-command.ts';
import { operationOf, type StoredChangeSpec } from '../../../src/operations/registry.ts';
import { openAttemptStore, type RunPorts } from '../../../src/workflow/workflow-steps.ts';
import { decides, id, policy } from './commands.ts';
import { type Drive, driveRun } from './drive-run.ts';
import { approver, submit, tenant } from './fixtures.ts';
import { memoryRequests } from './memory-requests.ts';
import { noon, wish } from './plans.ts';
import { policyOf, termsOf } from './policies.ts';
import { scriptedAzure, type World } from './scripted-azure.ts';

export interface Setting {
  readonly world?: Partial<World>;
  readonly wished?: StoredChangeSpec;
  readonly notBefore?: string | null;
}

const ignore = (): void => {};

/** One approval is needed, and given: run 1 is ordered. */
export async function approvedRequest({ world = {}, wished = wish(), notBefore = null }: Setting = {}) {
  let clock = noon.getTime();
  const advance = (ms: number): void => {
    clock += ms;
  };
  const now = (): Date => new Date(clock);
  const roleStatus: { value: RoleStatus } = { value: 'yes' };
  const requesterStatus: { value: RoleStatus } = { value: 'yes' };
  const requests = memoryRequests(now);
  const memory = { intents: openAttemptStore<true>(), results: openAttemptStore<StepResult>() };
  const azure = scriptedAzure(world);
  const ports: RunPorts = {
    requests,
    azure,
    policy: policyOf(),
    tenantId: tenant,
    approverStatus: async () => roleStatus.value,
    requesterStatus: async () => requesterStatus.value,
    stepUp: null,
    retryLimits: { firstWaitMs: 1_000, longestWaitMs: 8_000, waitAttempts: 3, spreadWithinMs: 60_000 },
    random: (bytes) => new Uint8Array(bytes).fill(7),
    nonces: openAttemptStore<string>(),
    get intents() {
      return memory.intents;
    },
    get results() {
      return memory.results;
    },
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
  await send('submit', submit({ plan, digest: planDigest(plan), policy: policy(1), notBefore }));
  await send('click:1', decides('approve', approver));

  const load = async () => {
    const request = await requests.load(id);
    if (request === null) throw new Error('the request is gone');
    return request;
  };
  return {
    ports,
    azure,
    requests,
    roleStatus,
    requesterStatus,
    advance,
    send,
    load,
    /** Another process: what this one had seen and not recorded is gone. */
    restart: () => {
      memory.intents = openAttemptStore();
      memory.results = openAttemptStore();
    },
    /** Goes through run `run`, or on with it where `journal` says it was. */
    drive: async (run = 1, { journal = [], before = ignore, after = ignore }: Partial<Drive> = {}) => {
      await driveRun(ports, id, run, { journal, before, after, advance });
      return load();
    },
    /** Types of the stored events, without the submission and the approval. */
    events: () =>
      requests
        .all()
        .slice(3)
        .map(({ body }) => body.type),
  };
}
