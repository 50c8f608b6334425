/** What somebody does to agent or vault after the approval. */
import { agentIn, all, allow, type Change, onAgent, onVault, putUnder, vaultIn } from '../azure/azure-state.ts';
import { asksAgain, asksAPerson, goesOn, type MovedRow } from './moved-row.ts';
import type { Path } from './path.ts';

const [agent, vault, key] = ['triage-agent-prod', 'kv-care-prod', 'cmk-triage-agent'];
export const north: Path = { agent: 'ward-agent', vault: 'kv-care-north', key: 'cmk-north' };
export const premium: Path = { agent, vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };
export const everything = ['agent', 'role', 'vault', 'agent'];
export const stopped = 'The run ended before its first step';

const principalId = '90000000-0000-4000-8000-0000000000ab';
const like = '90000000-0000-4000-8000-000000000001';

/** Somebody gives the agent an identity of its own. */
const giveIdentity: Change = (state) => {
  const known = state.principals.find(({ id }) => id === like);
  if (known !== undefined) state.principals.push({ ...known, id: principalId, appId: principalId, displayName: agent });
  agentIn(state, agent).content.identity = { type: 'SystemAssigned', principalId, userAssignedIds: [] };
};
const takeIdentity = onAgent('ward-agent', ({ content }) => {
  content.identity = null;
});
const addUserAssigned: Change = (state) => {
  const ids = state.userAssignedIdentities.map(({ id }) => id);
  agentIn(state, agent).content.identity = { type: 'UserAssigned', principalId: null, userAssignedIds: ids };
};
const ofAgent = (change: object): Change => onAgent(agent, (one) => Object.assign(one, change));
const ofVault = (change: object, name = vault): Change => onVault(name, (one) => Object.assign(one, change));
const protect = ofVault({ enablePurgeProtection: true });
const otherRegion = ['△', 'The vault is in another region'];
const notApproved = 'Not part of what was approved';
const outOfReach = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };

const createdAgain = (thing: { systemData: { createdAt: string } }): void => {
  thing.systemData.createdAt = '2026-02-03T04:05:06.000Z';
};

export const agentRows: readonly MovedRow[] = [
  {
    of: 'agent',
    what: 'it was deleted and created again under the same name',
    change: onAgent(agent, createdAgain),
    ...asksAgain(
      '✕',
      'It is another agent',
      'The agent was deleted and created again on 2026-02-03 04:05 UTC. The approval is for the one of 2024-05-14 09:30 UTC.',
    ),
  },
  {
    of: 'agent',
    what: 'it is in another region now',
    change: ofAgent({ location: 'northeurope' }),
    ...asksAgain(
      ...otherRegion,
      'Agent in North Europe, vault in West Europe. If that region is unavailable, the agent can’t access its data.',
    ),
  },
  { of: 'agent', what: 'somebody gave it an identity', change: giveIdentity, ...goesOn('role', 'vault', 'agent') },
  { of: 'agent', what: 'somebody gave it a user-assigned identity', change: addUserAssigned, ...goesOn(...everything) },
  {
    of: 'agent',
    what: 'its identity was taken away',
    path: north,
    change: takeIdentity,
    ...asksAgain('△', 'Agent identity: none → system-assigned', notApproved),
  },
  {
    of: 'agent',
    what: 'its tags and tier changed',
    change: onAgent(agent, ({ content }) => Object.assign(content, { tags: { a: 'b' }, sku: 'PES' })),
    ...goesOn(...everything),
  },
  {
    of: 'agent',
    what: 'somebody put it under another key',
    change: putUnder(agent, 'kv-hospital-keys', 'cmk-virtual-visit'),
    ...asksAPerson(stopped, 'The agent already uses a customer-managed key.', 'Use /rotate-cmk'),
  },
  {
    of: 'agent',
    what: 'somebody did all that was approved',
    change: all(giveIdentity, allow(agent, vault, key), protect, putUnder(agent, vault, key)),
    ...goesOn(),
  },
  {
    of: 'agent',
    what: 'somebody put it under this key, and did nothing else',
    change: all(giveIdentity, putUnder(agent, vault, key)),
    ...goesOn('role', 'vault'),
  },
  {
    of: 'agent',
    what: 'another operation runs on it',
    change: ofAgent({ provisioningState: 'Updating' }),
    ...asksAPerson(stopped, 'Another operation is running on the agent. Azure says Updating.', 'Wait until it’s done'),
  },
  {
    of: 'agent',
    what: 'it was deleted',
    change: (state) => {
      state.agents = state.agents.filter(({ name }) => name !== agent);
    },
    ...asksAPerson(
      'The run ended before its first step',
      'This request didn’t change the agent’s key.',
      'The agent no longer exists.',
      'A resource in this plan no longer exists.',
    ),
  },
];

export const vaultRows: readonly MovedRow[] = [
  {
    of: 'vault',
    what: 'it was purged and created again, with the key from a backup',
    change: onVault(vault, createdAgain),
    ...asksAgain(
      '✕',
      'It is another vault',
      'The vault was deleted and created again on 2026-02-03 04:05 UTC. The approval is for the one of 2024-03-04 08:00 UTC.',
    ),
  },
  { of: 'vault', what: 'purge protection was turned on', change: protect, ...goesOn('agent', 'role', 'agent') },
  {
    of: 'vault',
    what: 'a vault without purge protection took its place',
    path: premium,
    change: ofVault({ enablePurgeProtection: false }, premium.vault),
    ...asksAgain('△', 'Purge protection: off → on (for all keys, secrets, and certificates in the vault)', notApproved),
  },
  {
    of: 'vault',
    what: 'soft delete is off now',
    change: ofVault({ enableSoftDelete: false }),
    ...asksAgain(
      '△',
      'Soft delete: off → on',
      notApproved,
      '△',
      'Soft delete is off',
      'It will be turned on, and can’t be turned off again.',
    ),
  },
  {
    of: 'vault',
    what: 'it changed from roles to access policies',
    change: ofVault({ enableRbacAuthorization: false }),
    ...asksAgain('△', 'Agent’s access policy on the vault: none → get, wrapKey, unwrapKey', notApproved),
  },
  {
    of: 'vault',
    what: 'it changed from access policies to roles',
    path: { agent: 'visitor-agent', vault: 'kv-policy-keys', key: 'cmk-policy' },
    change: ofVault({ enableRbacAuthorization: true }, 'kv-policy-keys'),
    ...asksAgain('△', 'Agent’s role on the key: none → Key Vault Crypto Service Encryption User', notApproved),
  },
  {
    of: 'vault',
    what: 'its firewall was closed',
    change: ofVault({ networkAcls: outOfReach }),
    ...asksAPerson(stopped, 'The vault’s firewall blocks the agent.', 'Choose a vault that allows access'),
  },
  {
    of: 'vault',
    what: 'it was moved to another tenant',
    change: ofVault({ tenantId: '30000000-0000-4000-8000-000000000000' }),
    ...asksAPerson(stopped, 'The vault is in another tenant.', 'Choose a vault in this tenant.'),
  },
  {
    of: 'vault',
    what: 'one in another region took its place',
    change: ofVault({ location: 'northeurope' }),
    ...asksAgain(
      ...otherRegion,
      'Agent in West Europe, vault in North Europe. If that region is unavailable, the agent can’t access its data.',
    ),
  },
  {
    of: 'vault',
    what: 'its tags and retention changed',
    change: ofVault({ tags: { a: 'b' }, softDeleteRetentionInDays: 7 }),
    ...goesOn(...everything),
  },
  {
    of: 'vault',
    what: 'it was deleted',
    change: (state) => {
      state.vaults = state.vaults.filter((one) => one !== vaultIn(state, vault));
    },
    ...asksAPerson(
      'The run ended before its first step',
      'This request didn’t change the agent’s key.',
      'The vault no longer exists.',
      'A resource in this plan no longer exists.',
    ),
  },
];
