/** Looks at everything a plan rests on, at once. */
import { done, type Outcome } from '../domain/failure.ts';
import { armIdParts } from '../domain/ids.ts';
import type { Observation, Wish } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import { missing } from './step.ts';

/** Reads agent, vault, key and grant from ARM. A missing agent or vault is a failure; a missing key is a fact. */
export async function observe(azure: Azure, wish: Wish): Promise<Outcome<Observation>> {
  const [agent, vault, key] = await Promise.all([
    azure.agents.get(wish.agentId),
    azure.vaults.get(wish.vaultId),
    azure.keys.get(wish.vaultId, wish.keyName, wish.keyVersion),
  ]);
  if (!agent.ok) return agent;
  if (!vault.ok) return vault;
  if (!key.ok) return key;
  if (agent.value === null) return missing('reading the agent', `agent ${armIdParts(wish.agentId).name}`);
  if (vault.value === null) return missing('reading the vault', `vault ${armIdParts(wish.vaultId).name}`);
  const { principalId } = agent.value;
  const held = principalId === null ? done(false) : await azure.grants.held(vault.value, wish.keyName, principalId);
  if (!held.ok) return held;
  return done({ agent: agent.value, vault: vault.value, key: key.value, grantHeld: held.value });
}
