// @ts-check
import { shortDate } from './dom.js';

/**
 * Facts that the panel shows, from the Azure simulator's whole state. They are texts, from the first state and from the current one;
 * the panel shows both if they differ.
 * @typedef {{ label: string, text: string, irreversible?: boolean }} Fact
 * @typedef {{ name: string, facts: Fact[] }} Subject
 */

/** @typedef {Record<string, any>} Json */

const regions = new Map([
  ['westeurope', 'West Europe'],
  ['northeurope', 'North Europe'],
  ['eastus', 'East US'],
  ['eastus2', 'East US 2'],
  ['uksouth', 'UK South'],
  ['swedencentral', 'Sweden Central'],
  ['germanywestcentral', 'Germany West Central'],
]);

const same = (/** @type {string} */ one, /** @type {string} */ other) => one.toLowerCase() === other.toLowerCase();

/** @returns {Json | undefined} */
export const agentNamed = (/** @type {Json} */ state, /** @type {string} */ name) =>
  state.agents?.find((/** @type {Json} */ agent) => same(agent.name, name));

/** @returns {Json | undefined} */
export const vaultNamed = (/** @type {Json} */ state, /** @type {string} */ name) =>
  state.vaults?.find((/** @type {Json} */ vault) => same(vault.name, name));

/** Returns the vault of an address, by its port or host name. */
export function vaultAt(/** @type {Json} */ state, /** @type {string} */ uri) {
  if (!URL.canParse(uri)) return undefined;
  const { hostname, port } = new URL(uri);
  return (
    state.vaults?.find((/** @type {Json} */ vault) => String(vault.port) === port) ??
    vaultNamed(state, hostname.split('.')[0] ?? '')
  );
}

/** Returns how an agent's data is encrypted: the key and its vault. */
export function keyManagement(/** @type {Json} */ state, /** @type {Json | undefined} */ agent) {
  const set = agent?.content?.keyVaultProperties;
  if (!set) return { key: 'Microsoft-managed key', where: '', isOwn: false };
  const vault = vaultAt(state, set.keyVaultUri)?.name ?? set.keyVaultUri;
  const version = set.keyVersion ? `, version ${set.keyVersion.slice(0, 8)}` : '';
  return { key: set.keyName, where: `in ${vault}${version}`, isOwn: true };
}

/** @type {Record<string, string>} */
const identities = {
  SystemAssigned: 'system-assigned',
  UserAssigned: 'user-assigned',
  'SystemAssigned, UserAssigned': 'system-assigned and user-assigned',
};

/** @returns {Subject} */
export function agentFacts(/** @type {Json} */ agent) {
  return {
    name: `Agent ${agent.name}`,
    facts: [
      { label: 'Identity', text: identities[agent.content?.identity?.type] ?? 'none' },
      { label: 'Provisioning', text: agent.lostKey ? 'Failed: it lost its key' : (agent.provisioningState ?? '') },
      { label: 'Region', text: regions.get(agent.location) ?? agent.location ?? '' },
    ],
  };
}

/** @returns {Subject} */
export function vaultFacts(/** @type {Json} */ vault) {
  const isOpen = vault.networkAcls === null || vault.networkAcls?.defaultAction !== 'Deny';
  const onOff = (/** @type {boolean} */ value) => (value ? 'on' : 'off');
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

/** @returns {Subject} */
export function keyFacts(
  /** @type {Json} */ state,
  /** @type {Json} */ vault,
  /** @type {string} */ keyName,
  /** @type {Json | undefined} */ agent,
) {
  const key = vault.keys?.find((/** @type {Json} */ candidate) => same(candidate.name, keyName));
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
function accessOf(
  /** @type {Json} */ state,
  /** @type {Json} */ vault,
  /** @type {string} */ keyName,
  /** @type {Json | undefined} */ agent,
) {
  const principalId = agent?.content?.identity?.principalId;
  if (!principalId) return 'none';
  if (!vault.enableRbacAuthorization) {
    const policy = vault.accessPolicies?.find((/** @type {Json} */ each) => each.objectId === principalId);
    return policy === undefined ? 'none' : waiting(policy.permissions.keys.join(', '), policy.effectiveAt);
  }
  const keyScope = `/vaults/${vault.name}/keys/${keyName}`.toLowerCase();
  const vaultScope = `/vaults/${vault.name}`.toLowerCase();
  const granted = state.roleAssignments?.filter((/** @type {Json} */ assignment) => {
    const scope = assignment.scope.toLowerCase();
    return assignment.principalId === principalId && (scope.endsWith(keyScope) || scope.endsWith(vaultScope));
  });
  const names = (granted ?? []).map((/** @type {Json} */ each) =>
    waiting(roleName(state, each.roleDefinitionId), each.effectiveAt),
  );
  return names.length === 0 ? 'none' : names.join(', ');
}

const waiting = (/** @type {string} */ text, /** @type {string} */ effectiveAt) =>
  Date.parse(effectiveAt) > Date.now() ? `${text}, not in effect yet` : text;

const roleName = (/** @type {Json} */ state, /** @type {string} */ id) =>
  (state.roleDefinitions?.find((/** @type {Json} */ role) => role.id.endsWith(id))?.roleName ?? id).replace(
    /^Key Vault /,
    '',
  );

/** Returns when the next pending permission takes effect, in milliseconds; infinity if none is pending. */
export function nextEffect(/** @type {Json} */ state) {
  const policies = (state.vaults ?? []).flatMap((/** @type {Json} */ vault) => vault.accessPolicies ?? []);
  const times = [...(state.roleAssignments ?? []), ...policies].map((each) => Date.parse(each.effectiveAt));
  return Math.min(...times.filter((time) => time > Date.now()), Number.POSITIVE_INFINITY);
}
