import { randomBytes, randomUUID } from 'node:crypto';
import { agentId, sameId } from '../arm/ids.ts';
import { type Latency, later, reached } from '../state/latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { AgentContent, AgentOperation, HealthBot } from '../state/schema-agents.ts';
import { customerKeyProblem } from './customer-key-check.ts';
import { forgetAgent } from './deleted-agent.ts';

/** An etag in the form recorded from the real provider. */
export const newEtag = (): string => {
  const hex = randomBytes(12).toString('hex');
  return `"${hex.slice(0, 8)}-${hex.slice(8, 12)}-0100-0000-${hex.slice(12, 24)}"`;
};

export const newOperationId = (): string => `${randomUUID()}*${randomBytes(32).toString('hex').toUpperCase()}`;

/** Starts the operation that ends a write. The agent shows what was asked for, in state `Accepted`, until then. */
export const startOperation = (
  state: SimulatorState,
  latency: Latency,
  write: { readonly agent: HealthBot; readonly before: AgentContent | null; readonly triesKey: boolean },
  now: Date,
): AgentOperation => {
  const operation: AgentOperation = {
    id: newOperationId(),
    agentId: agentId(write.agent),
    location: write.agent.location,
    status: 'Working',
    startTime: now.toISOString(),
    dueAt: later(now, write.triesKey ? latency.keyWrite : latency.agentWrite),
    endTime: null,
    error: null,
    before: write.before,
    triesKey: write.triesKey,
    deletes: false,
  };
  state.operations.push(operation);
  write.agent.provisioningState = 'Accepted';
  write.agent.etag = newEtag();
  return operation;
};

const settleIdentity = (state: SimulatorState, latency: Latency, agent: HealthBot, end: Date): void => {
  const { identity } = agent.content;
  const wanted = identity?.type.startsWith('SystemAssigned') ?? false;
  if (identity !== null && wanted && identity.principalId === null) {
    identity.principalId = randomUUID();
    state.principals.push({
      id: identity.principalId,
      appId: randomUUID(),
      displayName: agent.name,
      kind: 'ManagedIdentity',
      secret: null,
      graphPermissions: [],
      replicatedAt: later(end, latency.replication),
    });
  }
};

/** A system-assigned identity dies with its last use; its role assignments stay behind, as in the real directory. */
const forgetIdentity = (state: SimulatorState, before: AgentContent | null, agent: HealthBot): void => {
  const old = before?.identity?.principalId ?? null;
  if (old === null || old === agent.content.identity?.principalId) return;
  state.principals = state.principals.filter((one) => one.id !== old);
};

const finish = (state: SimulatorState, latency: Latency, operation: AgentOperation, end: Date): void => {
  const agent = state.agents.find((one) => sameId(agentId(one), operation.agentId));
  operation.endTime = end.toISOString();
  if (agent === undefined) {
    operation.status = 'Failed';
    operation.error = { code: 'ResourceNotFound', message: 'The resource is gone.' };
    return;
  }
  if (operation.deletes) {
    operation.status = 'Succeeded';
    forgetAgent(state, agent, end);
    return;
  }
  const problem = operation.triesKey ? customerKeyProblem(state, agent, end) : null;
  operation.status = problem === null ? 'Succeeded' : 'Failed';
  operation.error = problem;
  agent.etag = newEtag();
  agent.provisioningState = 'Succeeded';
  if (problem === null) {
    settleIdentity(state, latency, agent, end);
    forgetIdentity(state, operation.before, agent);
  } else if (operation.before === null) {
    state.agents = state.agents.filter((one) => one !== agent);
  } else {
    agent.content = operation.before;
  }
};

/**
 * Ends every operation that is due, oldest first, each with the state of Azure at its own end: called before anything else
 * looks at the state, so an operation that ended while nobody asked, or while the process was down, ends the same way.
 */
export const endDueOperations = (state: SimulatorState, latency: Latency, now: Date): void => {
  const due = state.operations
    .filter((one) => one.status === 'Working' && one.dueAt !== null && reached(one.dueAt, now))
    .sort((a, b) => Date.parse(a.dueAt ?? a.startTime) - Date.parse(b.dueAt ?? b.startTime));
  for (const operation of due) finish(state, latency, operation, new Date(operation.dueAt ?? now));
};

export const isBusy = (state: SimulatorState, agent: HealthBot): boolean =>
  state.operations.some((one) => one.status === 'Working' && sameId(one.agentId, agentId(agent)));
