import { randomBytes, randomUUID } from 'node:crypto';
import { agentId, sameId, vaultId } from '../arm/ids.ts';
import { appliedAssignment } from '../key-vault/vault-rights.ts';
import type { Fault } from '../simulator/fault.ts';
import { spend } from '../simulator/faults.ts';
import { type Latency, later, type OperationEnding, reached } from '../state/latency.ts';
import type { AgentCall, SimulatorState } from '../state/schema.ts';
import { type AgentContent, AgentOperation, type HealthBot } from '../state/schema-agents.ts';
import { ServicePrincipal } from '../state/schema-directory.ts';
import { customerKeyProblem, keyAndPrincipal, type Problem } from './customer-key-check.ts';

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

/**
 * Starts the operation that completes a write, with the ending that a fault asks for. Until then, the agent shows the
 * requested values and the state `Accepted`.
 */
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

const settleIdentity = (state: SimulatorState, latency: Latency, agent: HealthBot, end: Date): void => {
  const { identity } = agent.content;
  const wanted = identity?.type.startsWith('SystemAssigned') ?? false;
  if (identity !== null && wanted && identity.principalId === null) {
    identity.principalId = randomUUID();
    const principal = { id: identity.principalId, appId: randomUUID(), displayName: agent.name, graphPermissions: [] };
    const replicatedAt = later(end, latency.replication);
    state.principals.push(ServicePrincipal.parse({ ...principal, kind: 'ManagedIdentity', replicatedAt }));
  }
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

/** Returns the content before the write. For a new agent: the requested content without a key. */
const rolledBack = ({ content }: HealthBot, before: AgentContent | null): AgentContent =>
  before ?? { ...content, keyVaultProperties: null };

/** Drops an accepted operation without a trace: no status, and the agent as before. */
const lose = (state: SimulatorState, operation: AgentOperation, agent: HealthBot): void => {
  if (operation.before === null) state.agents = state.agents.filter((one) => one !== agent);
  else agent.content = operation.before;
  agent.provisioningState = 'Succeeded';
  state.operations = state.operations.filter((one) => one !== operation);
};

/**
 * Completes an operation. The agent's provisioning state is that of its last operation: `Failed` after a failed one.
 */
const finish = (state: SimulatorState, latency: Latency, operation: AgentOperation, end: Date): void => {
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
  const problem = operation.triesKey ? customerKeyProblem(state, agent, end) : null;
  if (operation.triesKey) useKey(state, agent, problem, end);
  const status = ending.status ?? (problem === null ? 'Succeeded' : 'Failed');
  operation.status = status;
  operation.error = status === 'Succeeded' ? null : (ending.error ?? problem ?? usualError[status]);
  if (operation.deletes && status === 'Succeeded') {
    forgetAgent(state, agent, end);
    return;
  }
  agent.provisioningState = ending.provisioningState ?? status;
  if (status === 'Succeeded' || ending.change === 'kept') {
    settleIdentity(state, latency, agent, end);
    forgetIdentity(state, operation.before, agent);
  } else {
    agent.content = rolledBack(agent, operation.before);
  }
};

/** Completes an operation early. */
export const endNow = (state: SimulatorState, latency: Latency, operation: AgentOperation, now: Date): void => {
  operation.dueAt = now.toISOString();
  finish(state, latency, operation, now);
};

/**
 * Completes all due operations, oldest first, each with the state at its due time. Returns true if there were any.
 * Runs before every request, so an operation also ends correctly between requests or while the process was down.
 */
export const endDueOperations = (state: SimulatorState, latency: Latency, now: Date): boolean => {
  const due = state.operations
    .filter((one) => one.status === 'Working' && one.dueAt !== null && reached(one.dueAt, now))
    .sort((a, b) => Date.parse(a.dueAt ?? a.startTime) - Date.parse(b.dueAt ?? b.startTime));
  for (const operation of due) finish(state, latency, operation, new Date(operation.dueAt ?? now));
  return due.length > 0;
};

export const isBusy = (state: SimulatorState, agent: HealthBot): boolean =>
  state.operations.some((one) => one.status === 'Working' && sameId(one.agentId, agentId(agent)));

/**
 * Deletes an agent with its own identity.
 * What was granted to that identity opens no vault any more, also for a new agent with the same name. From then on,
 * data under a customer-managed key can't be decrypted (Microsoft's page on customer-managed keys warns of that); the
 * state stores which.
 */
const forgetAgent = (state: SimulatorState, agent: HealthBot, end: Date): void => {
  const key = agent.content.keyVaultProperties;
  if (key !== null) state.lostData.push({ agentId: agentId(agent), at: end.toISOString(), key });
  const own = agent.content.identity?.principalId ?? null;
  state.principals = state.principals.filter((one) => one.id !== own);
  state.agents = state.agents.filter((one) => one !== agent);
};

// What the service does at the vault when a key is set. Encryption at rest implies that it wraps a key of its own.
// Microsoft doesn't document how often it unwraps it later, so the simulator does it once.

/** Logs the agent's calls. `problem` is null if the key worked. Only refusals by the vault are in its log. */
const useKey = (state: SimulatorState, agent: HealthBot, problem: Problem | null, at: Date): void => {
  const found = keyAndPrincipal(state, agent);
  if (found === null || !state.settings.logs.agentsUseKeys) return;
  const refused = problem?.code === 'KeyVaultAccessForbidden';
  if (problem !== null && !refused) return;
  const { vault, keyName, keyVersion, principalId } = found;
  const call = (operation: AgentCall['operation'], right: 'get' | 'wrapKey' | 'unwrapKey', n: number): AgentCall => ({
    at: new Date(at.getTime() + n).toISOString(),
    vault: vaultId(vault),
    keyName,
    keyVersion,
    operation,
    status: refused ? 403 : 200,
    principalId,
    agentId: agentId(agent),
    assignmentId: refused
      ? null
      : appliedAssignment(state, vault, { principalId, kind: 'keys', name: keyName, right }, at),
  });
  state.agentCalls.push(call('KeyGet', 'get', 0), call('KeyWrap', 'wrapKey', 1), call('KeyUnwrap', 'unwrapKey', 2));
};
