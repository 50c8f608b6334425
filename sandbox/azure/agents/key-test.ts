/**
 * How the healthcare agent service tests a customer-managed key at the end of a write, and what it then does at the vault. No
 * failed write of a key was ever recorded, so the code says nothing, and the reason is in words, those of Key Vault where it has some.
 */

import { agentId, keyId, sameId, vaultId } from '../arm/ids.ts';
import { appliedAssignment, mayUse, refusalText } from '../key-vault/access.ts';
import { findKey, findVersion, keyUseProblem } from '../key-vault/keys.ts';
import type { AgentCall, AgentIdentity, HealthBot, KeyVaultProperties } from '../state/agents.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Vault } from '../state/vaults.ts';

interface Problem {
  readonly code: string;
  readonly message: string;
}

const keyError = (message: string): Problem => ({ code: 'KeyVaultError', message });

const trimmed = (uri: string): string => uri.toLowerCase().replace(/\/+$/, '').replace(/:443$/, '');

/** Finds a vault by its address, with or without trailing slash, or by its host name below `vault.localhost`. */
export const vaultAt = (state: SimulatorState, uri: string): Vault | undefined =>
  state.vaults.find((vault) =>
    [`https://localhost:${vault.port}`, `https://${vault.name.toLowerCase()}.vault.localhost:${state.port}`].includes(
      trimmed(uri),
    ),
  );

const vaultProblem = (state: SimulatorState, vault: Vault, isTrusted = false): Problem | null => {
  const { name, tenantId, enableSoftDelete, enablePurgeProtection } = vault;
  if (!sameId(tenantId, state.tenantId)) return keyError(`The key vault '${name}' is in another tenant.`);
  if (!enableSoftDelete) return keyError(`Soft delete is not enabled on the key vault '${name}'.`);
  if (!enablePurgeProtection) return keyError(`Purge protection is not enabled on the key vault '${name}'.`);
  return isTrusted ? null : closedProblem(vault);
};

/** Microsoft's list of trusted services doesn't contain this service, so `bypass: AzureServices` doesn't help. */
const closedProblem = ({ name, publicNetworkAccess, networkAcls }: Vault): Problem | null => {
  if (publicNetworkAccess === 'Enabled' && networkAcls?.defaultAction !== 'Deny') return null;
  return keyError(
    `The key vault '${name}' answered: ForbiddenByFirewall. Client address is not authorized and caller is not a trusted service.`,
  );
};

type Right = 'get' | 'wrapKey' | 'unwrapKey';

/** To set a key, the agent needs all of these; to continue reading encrypted data, only `unwrapKey`. */
const toSet: readonly Right[] = ['get', 'wrapKey', 'unwrapKey'];
const toGoOn: readonly Right[] = ['unwrapKey'];

const noAccess = 'The identity of the resource may not use the key';

const accessProblem = (
  state: SimulatorState,
  vault: Vault,
  keyName: string,
  principalId: string,
  rights: readonly Right[],
  end: Date,
): Problem | null => {
  const use = { principalId, appId: principalId, kind: 'keys', name: keyName } as const;
  const missing = rights.find((right) => !mayUse(state, vault, { ...use, right }, end));
  if (missing === undefined) return null;
  const inner = refusalText(state, vault, { ...use, right: missing });
  return keyError(`${noAccess} '${keyId(vault, keyName)}'. Key Vault answered: ${JSON.stringify(inner)}`);
};

const keyProblem = (vault: Vault, wanted: KeyVaultProperties, rights: readonly Right[], end: Date): Problem | null => {
  const key = findKey(vault, wanted.keyName);
  const version = key && findVersion(key, wanted.keyVersion ?? '');
  if (version === undefined) {
    const name = [wanted.keyName, wanted.keyVersion].filter((part) => part !== null).join('/');
    return keyError(`A key with (name/id) ${name} was not found in this key vault.`);
  }
  for (const operation of rights) {
    const problem = operation === 'get' ? null : keyUseProblem(version, operation, end);
    if (problem !== null) return keyError(problem.message);
  }
  if (version.kty.startsWith('RSA')) return null;
  return keyError(`The key '${wanted.keyName}' has type '${version.kty}'; RSA is required.`);
};

/** A key, and the resource with the identity that uses it. */
interface KeyUse {
  readonly id: string;
  readonly identity: AgentIdentity | null;
  readonly key: KeyVaultProperties;
}

const principalOf = (state: SimulatorState, { identity, key: { userIdentity } }: KeyUse): string | null => {
  if (userIdentity === null || identity === null) return identity?.principalId ?? null;
  if (!identity.userAssignedIds.some((id) => sameId(id, userIdentity))) return null;
  return state.userAssignedIdentities.find((one) => sameId(one.id, userIdentity))?.principalId ?? null;
};

/** Returns why the key can't be used; null: it can. */
const problemOf = (
  state: SimulatorState,
  use: KeyUse,
  vaultWrong: (vault: Vault) => Problem | null,
  rights: readonly Right[],
  at: Date,
): Problem | null => {
  const { keyVaultUri, keyName } = use.key;
  const principalId = principalOf(state, use);
  if (principalId === null) return keyError('The resource has no identity that could read the key.');
  const vault = vaultAt(state, keyVaultUri);
  if (vault === undefined) return keyError(`The key vault '${keyVaultUri}' could not be resolved.`);
  return (
    vaultWrong(vault) ??
    accessProblem(state, vault, keyName, principalId, rights, at) ??
    keyProblem(vault, use.key, rights, at)
  );
};

/** Tests a key as a service does when it is set, and leaves its calls for the vault's log. Returns why it can't be used. */
export const tryKey = (state: SimulatorState, use: KeyUse, at: Date, isTrusted?: (vault: Vault) => boolean) => {
  const problem = problemOf(state, use, (vault) => vaultProblem(state, vault, isTrusted?.(vault)), toSet, at);
  logUse(state, use, problem, at);
  return problem;
};

export const keyUseOf = (agent: HealthBot): KeyUse | null => {
  const { identity, keyVaultProperties: key } = agent.content;
  return key === null ? null : { id: agentId(agent), identity, key };
};

/**
 * Marks agents that lost their key, by a removed permission, a disabled or deleted key, or a closed or deleted vault.
 * Microsoft doesn't document if and how an agent shows this, so it happens only if the settings say so. Agents recover
 * without a write. Returns true if any agent changed.
 */
export const markLostKeys = (state: SimulatorState, now: Date): boolean => {
  let noticed = false;
  for (const agent of state.agents) {
    const use = state.settings.agentsNoticeLostKeys ? keyUseOf(agent) : null;
    const lost = use && problemOf(state, use, closedProblem, toGoOn, now);
    const { lostKey = null } = agent;
    if (lost === lostKey || JSON.stringify(lost) === JSON.stringify(lostKey)) continue;
    noticed = true;
    if (lost === null) delete agent.lostKey;
    else agent.lostKey = lost;
  }
  return noticed;
};

/**
 * What the service does at the vault when a key is set. Encryption at rest implies that it wraps a key of its own. Microsoft
 * doesn't document how often it unwraps it later, so the simulator does it once. `problem` is null if the key worked. Only
 * refusals by the vault are in its log.
 */
const logUse = (state: SimulatorState, use: KeyUse, problem: Problem | null, at: Date): void => {
  const { id, key } = use;
  const principalId = principalOf(state, use);
  const vault = vaultAt(state, key.keyVaultUri);
  if (vault === undefined || principalId === null || !state.settings.logs.agentsUseKeys) return;
  const { keyName } = key;
  const newest = vault.keys.find((one) => sameId(one.name, keyName))?.versions.at(-1)?.version;
  const keyVersion = key.keyVersion ?? newest ?? '';
  const refused = problem?.message.startsWith(noAccess) === true;
  if (problem !== null && !refused) return;
  const call = (operation: AgentCall['operation'], right: 'get' | 'wrapKey' | 'unwrapKey', n: number): AgentCall => ({
    at: new Date(at.getTime() + n).toISOString(),
    vault: vaultId(vault),
    keyName,
    keyVersion,
    operation,
    status: refused ? 403 : 200,
    principalId,
    agentId: id,
    assignmentId: refused
      ? null
      : appliedAssignment(state, vault, { principalId, kind: 'keys', name: keyName, right }, at),
  });
  state.agentCalls.push(call('KeyGet', 'get', 0), call('KeyWrap', 'wrapKey', 1), call('KeyUnwrap', 'unwrapKey', 2));
};
