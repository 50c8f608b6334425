/**
 * Simulates how the healthcare agent service tests a customer-managed key at the end of a write.
 * No failed write of a key was ever recorded, so EVERY CODE IN THIS FILE IS INVENTED, and the text around Key Vault's
 * texts too. A client must pass on code and message unchanged and must not depend on them.
 */
import { keyId, sameId } from '../arm/ids.ts';
import { findKey, findVersion } from '../key-vault/key-material.ts';
import { keyUseProblem } from '../key-vault/key-operations.ts';
import { mayUse, refusalText } from '../key-vault/vault-rights.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { HealthBot, KeyVaultProperties } from '../state/schema-agents.ts';
import type { Vault } from '../state/schema-vaults.ts';

export interface Problem {
  readonly code: string;
  readonly message: string;
}

const principalOf = (state: SimulatorState, agent: HealthBot, key: KeyVaultProperties): string | null => {
  const { identity } = agent.content;
  if (identity === null) return null;
  const { userIdentity } = key;
  if (userIdentity === null) return identity.principalId;
  if (!identity.userAssignedIds.some((id) => sameId(id, userIdentity))) return null;
  return state.userAssignedIdentities.find((one) => sameId(one.id, userIdentity))?.principalId ?? null;
};

const trimmed = (uri: string): string => uri.toLowerCase().replace(/\/+$/, '').replace(/:443$/, '');

/** Finds a vault by its address, with or without trailing slash, or by its host name below `vault.localhost`. */
const vaultAt = (state: SimulatorState, uri: string): Vault | undefined =>
  state.vaults.find((vault) =>
    [`https://localhost:${vault.port}`, `https://${vault.name.toLowerCase()}.vault.localhost:${state.port}`].includes(
      trimmed(uri),
    ),
  );

const vaultProblem = (state: SimulatorState, vault: Vault): Problem | null => {
  const { name, tenantId, enableSoftDelete, enablePurgeProtection } = vault;
  if (!sameId(tenantId, state.tenantId))
    return { code: 'KeyVaultTenantMismatch', message: `The key vault '${name}' is in another tenant.` };
  const notEnabled = (what: string): string => `${what} is not enabled on the key vault '${name}'.`;
  if (!enableSoftDelete) return { code: 'KeyVaultSoftDeleteRequired', message: notEnabled('Soft delete') };
  if (!enablePurgeProtection)
    return { code: 'KeyVaultPurgeProtectionRequired', message: notEnabled('Purge protection') };
  return closedProblem(vault);
};

/** Microsoft's list of trusted services doesn't contain this service, so `bypass: AzureServices` doesn't help. */
const closedProblem = ({ name, publicNetworkAccess, networkAcls }: Vault): Problem | null => {
  if (publicNetworkAccess === 'Enabled' && networkAcls?.defaultAction !== 'Deny') return null;
  return {
    code: 'KeyVaultNetworkAccessDenied',
    message: `The key vault '${name}' answered: ForbiddenByFirewall. Client address is not authorized and caller is not a trusted service.`,
  };
};

type Right = 'get' | 'wrapKey' | 'unwrapKey';

/** To set a key, the agent needs all of these; to continue reading encrypted data, only `unwrapKey`. */
const toSet: readonly Right[] = ['get', 'wrapKey', 'unwrapKey'];
const toGoOn: readonly Right[] = ['unwrapKey'];

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
  return {
    code: 'KeyVaultAccessForbidden',
    message: `The identity of the resource may not use the key '${keyId(vault, keyName)}'. Key Vault answered: ${JSON.stringify(inner)}`,
  };
};

const keyProblem = (vault: Vault, wanted: KeyVaultProperties, rights: readonly Right[], end: Date): Problem | null => {
  const key = findKey(vault, wanted.keyName);
  const version = key && findVersion(key, wanted.keyVersion ?? '');
  if (version === undefined) {
    const name = [wanted.keyName, wanted.keyVersion].filter((part) => part !== null).join('/');
    return { code: 'KeyNotFound', message: `A key with (name/id) ${name} was not found in this key vault.` };
  }
  for (const operation of rights) {
    const problem = operation === 'get' ? null : keyUseProblem(version, operation, end);
    if (problem !== null) return { code: problem.innerCode, message: problem.message };
  }
  if (version.kty.startsWith('RSA')) return null;
  return {
    code: 'KeyTypeNotSupported',
    message: `The key '${wanted.keyName}' has type '${version.kty}'; RSA is required.`,
  };
};

const problemOf = (
  state: SimulatorState,
  agent: HealthBot,
  vaultWrong: (state: SimulatorState, vault: Vault) => Problem | null,
  rights: readonly Right[],
  at: Date,
): Problem | null => {
  const wanted = agent.content.keyVaultProperties;
  if (wanted === null) return null;
  const principalId = principalOf(state, agent, wanted);
  if (principalId === null) {
    return { code: 'ManagedIdentityRequired', message: 'The resource has no identity that could read the key.' };
  }
  const vault = vaultAt(state, wanted.keyVaultUri);
  if (vault === undefined) {
    return { code: 'KeyVaultNotFound', message: `The key vault '${wanted.keyVaultUri}' could not be resolved.` };
  }
  return (
    vaultWrong(state, vault) ??
    accessProblem(state, vault, wanted.keyName, principalId, rights, at) ??
    keyProblem(vault, wanted, rights, at)
  );
};

/** Returns the key version and principal that the agent uses. Null without a key, vault or identity. */
export const keyAndPrincipal = (state: SimulatorState, agent: HealthBot) => {
  const wanted = agent.content.keyVaultProperties;
  const vault = wanted === null ? undefined : vaultAt(state, wanted.keyVaultUri);
  const principalId = wanted === null ? null : principalOf(state, agent, wanted);
  if (wanted === null || vault === undefined || principalId === null) return null;
  const newest = vault.keys.find((one) => sameId(one.name, wanted.keyName))?.versions.at(-1)?.version;
  return { vault, keyName: wanted.keyName, keyVersion: wanted.keyVersion ?? newest ?? '', principalId };
};

/** Returns null if the service can use the key that the agent's properties name, at this time. */
export const customerKeyProblem = (state: SimulatorState, agent: HealthBot, end: Date): Problem | null =>
  problemOf(state, agent, vaultProblem, toSet, end);

/** Returns null if the service can still decrypt: an expired key still unwraps. */
const lostKeyProblem = (state: SimulatorState, agent: HealthBot, now: Date): Problem | null =>
  problemOf(state, agent, (_, vault) => closedProblem(vault), toGoOn, now);

/**
 * Marks agents that lost their key, by a removed permission, a disabled or deleted key, or a closed or deleted vault.
 * Microsoft doesn't document if and how an agent shows this, so it happens only if the settings say so. Agents recover
 * without a write. Returns true if any agent changed.
 */
export const markLostKeys = (state: SimulatorState, now: Date): boolean => {
  let noticed = false;
  for (const agent of state.agents) {
    const lost = state.settings.agentsNoticeLostKeys ? lostKeyProblem(state, agent, now) : null;
    const { lostKey = null } = agent;
    if (lost === lostKey || JSON.stringify(lost) === JSON.stringify(lostKey)) continue;
    noticed = true;
    if (lost === null) delete agent.lostKey;
    else agent.lostKey = lost;
  }
  return noticed;
};
