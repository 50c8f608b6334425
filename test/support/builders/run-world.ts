/** A request with its approval in memory, and the ports of its run: over an Azure in memory, or over any other. */

import { planDigest } from '../../../src/domain/digest.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { operationOf, type StoredChangeSpec } from '../../../src/operations/registry.ts';
import { runPlan, Semaphore, type Turn } from '../../../src/workflow/run-plan.ts';
import type { RunPorts } from '../../../src/workflow/workflow-steps.ts';
import { decides, id, policy, submit } from './commands.ts';
import { approver, tenant } from './fixtures.ts';
import { memoryRequests } from './memory-requests.ts';
import { noon, spec } from './plans.ts';
import { policyOf, termsOf } from './policies.ts';
import { scriptedAzure, type World } from './scripted-azure.ts';

type Given = Pick<
  RunPorts,
  'azure' | 'policy' | 'approverStatus' | 'requesterStatus' | 'retryLimits' | 'random' | 'now'
>;

/** The process ends here: what it had not stored is lost. */
export class Killed extends Error {}

export interface Drive {
  readonly permitted: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called around every turn but loading; throws {@link Killed} to end the process there. */
  readonly before: (turn: string) => void | Promise<void>;
  readonly after: (turn: string) => void | Promise<void>;
  readonly advance: (ms: number) => void;
}

/** One turn after the other, also those of one stage. Behind one that throws no other is taken: the process has ended. */
function turnsOf({ before, after }: Drive): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(name: string, act: () => Promise<T>): Promise<T> => {
    if (name === 'load') return act();
    const result = last.then(async (): Promise<T> => {
      await before(name);
      const value = await act();
      await after(name);
      return value;
    });
    last = result;
    return result;
  };
}

/** One approval is needed, and given: run 1 is ordered. */
export async function approvedRun(given: Given, wished: StoredChangeSpec, notBefore: string | null = null) {
  const requests = memoryRequests(given.now);
  const ports: RunPorts = { ...given, requests, tenantId: tenant, stepUp: null, pause: async () => undefined };
  const send = async (cause: string, command: Command): Promise<void> => {
    const sent = await requests.append(id, cause, (request, at) => decide(request, command, at));
    if (sent.kind === 'refused') throw new Error(`${command.do}: ${sent.code}`);
  };
  const operation = operationOf(wished);
  const seen = await operation.observe(given.azure, wished, null);
  const now = given.now();
  const context = { tenantId: tenant, policyVersion: 'p1', terms: termsOf(), now, own: null };
  const plan = operation.plan(wished, seen, context);
  const expiresAt = new Date(now.getTime() + 72 * 3_600_000).toISOString();
  await send('submit', submit({ plan, digest: planDigest(plan), policy: { ...policy(1), expiresAt }, notBefore }));
  await send('click:1', decides('approve', approver));
  return {
    ports,
    requests,
    send,
    load: async (): Promise<Request> => {
      const request = await requests.load(id);
      if (request === null) throw new Error('the request is gone');
      return request;
    },
    /** Goes on until the request waits for people or has ended; the clock moves instead of waiting. */
    drive: (run: number, drive: Drive): Promise<void> => {
      const { permitted, advance } = drive;
      const engine = { turn: turnsOf(drive), sleep: async (ms: number) => advance(ms), room: new Semaphore(1) };
      return runPlan({ ...ports, ...engine, permitted, published: async () => true, tracing: noTracing }, id, run);
    },
  };
}

interface Setting {
  readonly world?: Partial<World>;
  readonly wished?: StoredChangeSpec;
  readonly notBefore?: string | null;
}

const ignore = (): void => {};

/** The same over an Azure in memory, with a clock that begins at noon. */
export async function approvedRequest({ world = {}, wished = spec(), notBefore = null }: Setting = {}) {
  let clock = noon.getTime();
  const advance = (ms: number): void => {
    clock += ms;
  };
  const roleStatus: { value: RoleStatus } = { value: 'yes' };
  const requesterStatus: { value: RoleStatus } = { value: 'yes' };
  const azure = scriptedAzure(world);
  const given: Given = {
    azure,
    policy: policyOf(),
    approverStatus: async () => roleStatus.value,
    requesterStatus: async () => requesterStatus.value,
    retryLimits: { firstWaitMs: 1_000, longestWaitMs: 8_000, waitAttempts: 3, spreadWithinMs: 60_000 },
    random: (bytes) => new Uint8Array(bytes).fill(7),
    now: () => new Date(clock),
  };
  const approved = await approvedRun(given, wished, notBefore);
  const usual: Drive = { before: ignore, after: ignore, permitted: (work) => work(), advance };
  return {
    ...approved,
    azure,
    roleStatus,
    requesterStatus,
    advance,
    /** Goes through run `run`, or on with it where its events end. */
    drive: async (run = 1, change: Partial<Drive> = {}) => {
      await approved.drive(run, { ...usual, ...change });
      return approved.load();
    },
    /** Types of the stored events, without the submission and the approval. */
    events: () =>
      approved.requests
        .all()
        .slice(3)
        .map(({ body }) => (body.type === 'ended' ? body.data.as : body.type)),
  };
}
