/** All ports to Azure, and secrets of the bot itself. */
import type { Azure } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/resource-kind.ts';
import { azureChanges } from './arm/changes.ts';
import { armGuards } from './arm/guards.ts';
import { graphInventory } from './arm/inventory.ts';
import { armPolicies } from './arm/policies.ts';
import { armResources } from './arm/resources.ts';
import { type ConnectionOptions, openConnection } from './connection/connection.ts';
import { withinAttempt } from './connection/exchange.ts';
import { graphGroups } from './graph/directory.ts';
import { armControl } from './key-vault/control.ts';
import { armGrants } from './key-vault/grants.ts';
import { armKeyUsers } from './key-vault/key-users.ts';
import { armKeys } from './key-vault/keys.ts';
import { armVaultLog } from './key-vault/vault-log.ts';
import { armVaults } from './key-vault/vaults.ts';

export interface AzureOptions extends ConnectionOptions {
  /** Those that can be requested. Missing: all. */
  readonly enabled?: readonly ResourceKind[];
  /** The workspace's own id, of the vaults' logs. Null or missing: none. */
  readonly workspaceId?: string | null;
}

/** Creates all ports. Sends no request until one is called. */
export function connectAzure(options: AzureOptions): Azure {
  const connection = openConnection(options);
  const { workspaceId = null, cloud } = options;
  const { logsEndpoint: endpoint } = cloud;
  const vaultLog = workspaceId === null || endpoint === null ? null : armVaultLog(connection, workspaceId, endpoint);
  return {
    within: withinAttempt,
    vaultLog,
    resources: armResources(connection),
    vaults: armVaults(connection),
    keys: armKeys(connection),
    keyUsers: armKeyUsers(connection, vaultLog),
    grants: armGrants(connection),
    control: armControl(connection),
    guards: armGuards(connection),
    policies: armPolicies(connection),
    inventory: graphInventory(connection, options.enabled ?? options.kinds),
    changes: azureChanges(connection),
    groups: graphGroups(connection),
  };
}

/**
 * Reads a secret of the bot itself in Key Vault, and the address with the version that was read. `id`:
 * `https://VAULT/secrets/NAME` for the newest version, or with `/VERSION`. Needs only permission to get it.
 */
export async function readSecret(options: AzureOptions, id: string) {
  const { origin, host, pathname } = new URL(id);
  const [, , name = '', version = ''] = pathname.split('/');
  return openConnection(options).inVault(origin, `reading secret ${name} in ${host}`, async (clients) => {
    const { value = '', properties } = await clients
      .secretsAt(origin)
      .getSecret(name, version === '' ? {} : { version });
    return { id: properties.id ?? id, value };
  });
}
