/** Long operations on agents: how they start and end, and what they leave. */

import { randomBytes, randomUUID } from 'node:crypto';
import { spend } from '../active-faults.ts';
import { agentId, sameId } from '../arm/ids.ts';
import type { Fault, OperationEnding } from '../fault.ts';
import { type Latency, later, reached } from '../latency.ts';
import { type AgentContent, type AgentIdentity, AgentOperation, type HealthBot } from '../state/agents.ts';
import { ServicePrincipal } from '../state/principals.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { World } from '../world.ts';
import { keyUseOf, tryKey } from './key-test.ts';

/** An etag in the form recorded from the real provider. */
export const newEtag = (): string => {
  const hex = randomBytes(12).toString('hex');
  return `"${hex.slice(0, 8)}-${hex.slice(8, 12)}-0100-0000-${hex.slice(12, 24)}"`;
};

export const newOperationId = (): string => `${randomUUID()}*${randomBytes(32).toString('hex').toUpperCase()}`;

interface AgentWrite {
  readonly agent: HealthBot;
  readonly before: AgentContent | null;
  readonly triesKey: boolean;
}

const dueAt = (latency: Latency, { triesKey }: AgentWrite, { takesMs }: OperationEnding, now: Date): string | null => {
  if (takesMs === 'for-ever') return null;
  return later(now, takesMs ?? (triesKey ? latency.keyWrite : latency.agentWrite));
};

/** Starts the operation that completes a write. Until then, the agent shows the requested values and `Accepted`. */
export const startOperation = (
  state: SimulatorState,
  latency: Latency,
  write: AgentWrite,
  found: Fault | null,
  now: Date,
): AgentOperation => {
  // Another write might have used up the fault.
  const fault = found !== null && state.faults.includes(found) ? found : null;
  const ending = fault?.operation ?? {};
  if (fault !== null) spend(state, fault);
  const operation = AgentOperation.parse({
    id: newOperationId(),
    agentId: agentId(write.agent),
    location: write.agent.location,
    startTime: now.toISOString(),
    dueAt: dueAt(latency, write, ending, now),
    before: write.before,
    triesKey: write.triesKey,
    ending,
    heldBy: ending.takesMs === 'for-ever' ? (fault?.id ?? null) : null,
  });
  state.operations.push(operation);
  write.agent.provisioningState = 'Accepted';
  write.agent.etag = newEtag();
  return operation;
};

/** Creates the principal of a new system-assigned identity. */
export const settleIdentity = (
  { state, latency }: Pick<World, 'state' | 'latency'>,
  displayName: string,
  identity: AgentIdentity | null,
  end: Date,
): void => {
  if (!identity?.type.startsWith('SystemAssigned') || identity.principalId !== null) return;
  const id = randomUUID();
  identity.principalId = id;
  const principal = { id, appId: randomUUID(), displayName, graphPermissions: [], kind: 'ManagedIdentity' };
  state.principals.push(ServicePrincipal.parse({ ...principal, replicatedAt: later(end, latency.replication) }));
};

/** Deletes a system-assigned identity after its last use. Its role assignments remain, as in Entra ID. */
const forgetIdentity = (state: SimulatorState, before: AgentContent | null, agent: HealthBot): void => {
  const old = before?.identity?.principalId ?? null;
  if (old === null || old === agent.content.identity?.principalId) return;
  state.principals = state.principals.filter((one) => one.id !== old);
};

/** Default errors for operations that a fault ends. Invented: no such end was ever recorded. */
const usualError = {
  Failed: { code: 'InternalServerError', message: 'An internal error occurred while the operation was carried out.' },
  Canceled: { code: 'OperationCanceled', message: 'The operation was canceled.' },
} as const;

/** Drops an accepted operation without a trace: no status, and the agent as before. */
const lose = (state: SimulatorState, operation: AgentOperation, agent: HealthBot): void => {
  if (operation.before === null) state.agents = state.agents.filter((one) => one !== agent);
  else agent.content = operation.before;
  agent.provisioningState = 'Succeeded';
  state.operations = state.operations.filter((one) => one !== operation);
};

/** Completes an operation. The agent's provisioning state is that of its last operation: `Failed` after a failed one. */
export const finish = (state: SimulatorState, latency: Latency, operation: AgentOperation, end: Date): void => {
  const agent = state.agents.find((one) => sameId(agentId(one), operation.agentId));
  operation.endTime = end.toISOString();
  if (agent === undefined) {
    operation.status = 'Failed';
    operation.error = { code: 'ResourceNotFound', message: 'The resource is gone.' };
    return;
  }
  const { ending } = operation;
  agent.etag = newEtag();
  if (ending.status === 'Lost') {
    lose(state, operation, agent);
    return;
  }
  const use = operation.triesKey ? keyUseOf(agent) : null;
  const problem = use && tryKey(state, use, end);
  const status = ending.status ?? (problem === null ? 'Succeeded' : 'Failed');
  operation.status = status;
  operation.error = status === 'Succeeded' ? null : (ending.error ?? problem ?? usualError[status]);
  if (operation.deletes && status === 'Succeeded') {
    forgetAgent(state, agent);
    return;
  }
  agent.provisioningState = ending.provisioningState ?? status;
  if (status === 'Succeeded' || ending.change === 'kept') {
    settleIdentity({ state, latency }, agent.name, agent.content.identity, end);
    forgetIdentity(state, operation.before, agent);
  } else {
    // A new agent keeps the requested content, without a key.
    agent.content = operation.before ?? { ...agent.content, keyVaultProperties: null };
  }
};

/** Completes all due operations, oldest first, each with the state at its due time. Returns true if there were any. */
export const endDueOperations = (state: SimulatorState, latency: Latency, now: Date): boolean => {
  const due = state.operations
    .filter((one) => one.status === 'Working' && one.dueAt !== null && reached(one.dueAt, now))
    .sort((a, b) => Date.parse(a.dueAt ?? a.startTime) - Date.parse(b.dueAt ?? b.startTime));
  for (const operation of due) finish(state, latency, operation, new Date(operation.dueAt ?? now));
  return due.length > 0;
};

export const isBusy = (state: SimulatorState, agent: HealthBot): boolean =>
  state.operations.some((one) => one.status === 'Working' && sameId(one.agentId, agentId(agent)));

/** Deletes an agent with its own identity: what was granted to that opens no vault, also for a new agent with the same name. */
const forgetAgent = (state: SimulatorState, agent: HealthBot): void => {
  const own = agent.content.identity?.principalId ?? null;
  state.principals = state.principals.filter((one) => one.id !== own);
  state.agents = state.agents.filter((one) => one !== agent);
};
