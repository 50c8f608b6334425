import type { Json } from './api.ts';
import { shortDate } from './dom.ts';

/**
 * Facts that the panel shows, from the Azure simulator's whole state. They are texts, from the first state and from the current one;
 * the panel shows both if they differ.
 */
export type Subject = { name: string; facts: { label: string; text: string; irreversible?: boolean }[] };

const regions = new Map([
  ['westeurope', 'West Europe'],
  ['northeurope', 'North Europe'],
  ['eastus', 'East US'],
  ['eastus2', 'East US 2'],
  ['uksouth', 'UK South'],
  ['swedencentral', 'Sweden Central'],
  ['germanywestcentral', 'Germany West Central'],
]);

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

export const agentNamed = (state: Json, name: string): Json | undefined =>
  state.agents?.find((agent: Json) => same(agent.name, name));

export const vaultNamed = (state: Json, name: string): Json | undefined =>
  state.vaults?.find((vault: Json) => same(vault.name, name));

/** Returns the vault of an address, by its port or host name. */
export function vaultAt(state: Json, uri: string): Json | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { hostname, port } = new URL(uri);
  return (
    state.vaults?.find((vault: Json) => String(vault.port) === port) ?? vaultNamed(state, hostname.split('.')[0] ?? '')
  );
}

/** Returns how an agent's data is encrypted: the key and its vault. */
export function keyManagement(state: Json, agent: Json | undefined) {
  const set = agent?.content?.keyVaultProperties;
  if (!set) return { key: 'Microsoft-managed key', where: '', isOwn: false };
  const vault = vaultAt(state, set.keyVaultUri)?.name ?? set.keyVaultUri;
  const version = set.keyVersion ? `, version ${set.keyVersion.slice(0, 8)}` : '';
  return { key: set.keyName, where: `in ${vault}${version}`, isOwn: true };
}

const identities: Record<string, string> = {
  SystemAssigned: 'system-assigned',
  UserAssigned: 'user-assigned',
  'SystemAssigned, UserAssigned': 'system-assigned and user-assigned',
};

export function agentFacts(agent: Json): Subject {
  return {
    name: `Agent ${agent.name}`,
    facts: [
      { label: 'Identity', text: identities[agent.content?.identity?.type] ?? 'none' },
      { label: 'Provisioning', text: agent.lostKey ? 'Failed: it lost its key' : (agent.provisioningState ?? '') },
      { label: 'Region', text: regions.get(agent.location) ?? agent.location ?? '' },
    ],
  };
}

export function vaultFacts(vault: Json): Subject {
  const isOpen = vault.networkAcls === null || vault.networkAcls?.defaultAction !== 'Deny';
  const onOff = (value: boolean) => (value ? 'on' : 'off');
  const days = vault.enableSoftDelete ? `, ${vault.softDeleteRetentionInDays} days` : '';
  return {
    name: `Vault ${vault.name}`,
    facts: [
      { label: 'Purge protection', text: onOff(vault.enablePurgeProtection), irreversible: true },
      { label: 'Soft delete', text: onOff(vault.enableSoftDelete) + days, irreversible: true },
      { label: 'Access', text: vault.enableRbacAuthorization ? 'role assignments' : 'access policies' },
      { label: 'Firewall', text: isOpen && vault.publicNetworkAccess === 'Enabled' ? 'open' : 'closed to the public' },
    ],
  };
}

export function keyFacts(state: Json, vault: Json, keyName: string, agent: Json | undefined): Subject {
  const key = vault.keys?.find((candidate: Json) => same(candidate.name, keyName));
  const version = key?.versions?.at(-1);
  const access = { label: 'Agent’s access', text: accessOf(state, vault, keyName, agent) };
  if (version === undefined) return { name: `Key ${keyName}`, facts: [{ label: 'Version', text: 'none' }, access] };
  const size = version.keySize ?? version.curve ?? '';
  const expires = version.exp === null ? 'never' : shortDate(new Date(version.exp * 1000));
  return {
    name: `Key ${key.name}`,
    facts: [
      { label: 'Version', text: `${version.version.slice(0, 8)}, ${version.enabled ? 'enabled' : 'disabled'}` },
      { label: 'Type', text: `${version.kty} ${size}`.trim() },
      { label: 'Expires', text: expires },
      access,
    ],
  };
}

/** Returns the permissions of the agent's identity on a key: names of its roles, or key permissions of its access policy. */
function accessOf(state: Json, vault: Json, keyName: string, agent: Json | undefined) {
  const principalId = agent?.content?.identity?.principalId;
  if (!principalId) return 'none';
  if (!vault.enableRbacAuthorization) {
    const policy = vault.accessPolicies?.find((each: Json) => each.objectId === principalId);
    return policy === undefined ? 'none' : waiting(policy.permissions.keys.join(', '), policy.effectiveAt);
  }
  const keyScope = `/vaults/${vault.name}/keys/${keyName}`.toLowerCase();
  const vaultScope = `/vaults/${vault.name}`.toLowerCase();
  const granted = state.roleAssignments?.filter((assignment: Json) => {
    const scope = assignment.scope.toLowerCase();
    return assignment.principalId === principalId && (scope.endsWith(keyScope) || scope.endsWith(vaultScope));
  });
  const names = (granted ?? []).map((each: Json) => waiting(roleName(state, each.roleDefinitionId), each.effectiveAt));
  return names.length === 0 ? 'none' : names.join(', ');
}

const waiting = (text: string, effectiveAt: string) =>
  Date.parse(effectiveAt) > Date.now() ? `${text}, not in effect yet` : text;

function roleName(state: Json, id: string): string {
  const role = state.roleDefinitions?.find((each: Json) => each.id.endsWith(id));
  return (role?.roleName ?? id).replace(/^Key Vault /, '');
}

/** Returns when the next pending permission takes effect, in milliseconds; infinity if none is pending. */
export function nextEffect(state: Json) {
  const policies = (state.vaults ?? []).flatMap((vault: Json) => vault.accessPolicies ?? []);
  const times = [...(state.roleAssignments ?? []), ...policies].map((each) => Date.parse(each.effectiveAt));
  return Math.min(...times.filter((time) => time > Date.now()), Number.POSITIVE_INFINITY);
}
