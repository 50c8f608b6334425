/**
 * What the healthcare agent service does at the vault when it is put under a key. That it wraps a key of its own there and then
 * is what encryption at rest comes to; how often it unwraps it later is not documented, so it does only once here.
 */
import { agentId, vaultId } from '../arm/ids.ts';
import { appliedAssignment } from '../key-vault/vault-rights.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { HealthBot } from '../state/schema-agents.ts';
import type { AgentCall } from '../state/schema-logs.ts';
import { keyAndPrincipal, type Problem } from './customer-key-check.ts';

/** Null: the key could be used. Where the vault refused, that is in its log; of other trouble it hears nothing. */
export const useKey = (state: SimulatorState, agent: HealthBot, problem: Problem | null, at: Date): void => {
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
    assignmentId: refused ? null : appliedAssignment(state, vault, { principalId, keyName, right }, at),
  });
  state.agentCalls.push(call('KeyGet', 'get', 0), call('KeyWrap', 'wrapKey', 1), call('KeyUnwrap', 'unwrapKey', 2));
};
