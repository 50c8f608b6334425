import { localTenantId } from '../../people.ts';
import { keyId } from '../arm/ids.ts';
import { vaultUri } from '../key-vault/vault-body.ts';
import { HostIdentities, Settings, type SimulatorState } from './schema.ts';
import type { KeyVaultProperties } from './schema-agents.ts';
import type { Vault, VaultKey } from './schema-vaults.ts';
import {
  principals,
  seedAgentPrincipals,
  seedAgents,
  seedOperations,
  seedUserAssignedIdentities,
} from './seed-agents.ts';
import { assignment, seedGroups, seedPrincipals, seedRoleAssignments, seedUsers } from './seed-directory.ts';
import { seedOtherResources } from './seed-other-resources.ts';
import { seedResourceGroups, seedSubscriptions, seedWorkspaces } from './seed-places.ts';
import { roles, seedRoleDefinitions } from './seed-roles.ts';
import { keyInUseName, seedVaults } from './seed-vaults.ts';

const keyInUse = (vaults: readonly Vault[]): { readonly vault: Vault; readonly key: VaultKey } => {
  for (const vault of vaults) {
    const key = vault.keys.find((one) => one.name === keyInUseName);
    if (key !== undefined) return { vault, key };
  }
  throw new Error(`no seeded vault has the key ${keyInUseName}`);
};

/** Returns a fresh state. Key material is new each time, and one key expires in two years; IDs and names are fixed. */
export const seedState = async (port: number, now: Date): Promise<SimulatorState> => {
  const vaults = (await seedVaults(now)).map((vault) => ({ ...vault, port: port + vault.n }));
  const used = keyInUse(vaults);
  const properties: KeyVaultProperties = {
    keyName: used.key.name,
    keyVaultUri: vaultUri(used.vault),
    keyVersion: used.key.versions[0]?.version ?? null,
    userIdentity: null,
  };
  const agents = seedAgents(properties);
  const grant = assignment(
    5,
    keyId(used.vault, used.key.name),
    roles.cryptoServiceEncryptionUser,
    principals.virtualVisit,
  );
  return {
    tenantId: localTenantId,
    port,
    latency: 'realistic',
    settings: Settings.parse({}),
    host: HostIdentities.parse({}),
    subscriptions: seedSubscriptions(),
    resourceGroups: seedResourceGroups(),
    principals: [...seedPrincipals(), ...seedAgentPrincipals()],
    users: seedUsers(),
    groups: seedGroups(),
    roleDefinitions: seedRoleDefinitions(),
    roleAssignments: [...seedRoleAssignments(), grant],
    denyAssignments: [],
    unregistered: [],
    locks: [
      {
        name: 'keep-keys',
        scope: keyId(used.vault, '').replace(/\/keys\/$/, ''),
        level: 'CanNotDelete',
        notes: 'Keys in use',
      },
    ],
    policyDefinitions: [],
    policyAssignments: [],
    policyExemptions: [],
    userAssignedIdentities: seedUserAssignedIdentities(),
    botServices: [],
    workspaces: seedWorkspaces(),
    agentCalls: [],
    agents,
    operations: seedOperations(agents),
    vaults,
    otherResources: seedOtherResources(properties),
    deletedVaults: [],
    lostData: [],
    changes: [],
    faults: [],
    circumstances: [],
    teamsSessions: [],
  };
};
