import type { TokenCredential } from '@azure/core-auth';
import { type Failure, failed } from '../domain/failure.ts';
import type { Azure } from '../domain/ports/azure.ts';
import { noTracing, type Tracing } from '../domain/ports/telemetry.ts';
import type { ResourceKind } from '../domain/resource-kind.ts';
import { activityLog, graphChanges } from './changes.ts';
import type { Cloud } from './clouds.ts';
import { type Connection, openConnection } from './connection.ts';
import { armControl } from './control.ts';
import { graphGroups } from './directory.ts';
import { withinAttempt } from './exchange.ts';
import { armGrants } from './grants.ts';
import { graphInventory } from './inventory.ts';
import { armKeyUsers } from './key-users.ts';
import { armKeys } from './keys.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { armGuards } from './permissions.ts';
import { armPolicies } from './policies.ts';
import { isVaultHost, notAVault } from './resource-ids.ts';
import { armResources } from './resources.ts';
import { armVaultLog } from './vault-log.ts';
import { armVaults } from './vaults.ts';

export interface AzureOptions {
  /** All kinds of resources, from `resources/registry`. */
  readonly kinds: readonly ResourceKind[];
  /** Those that can be requested. Missing: all. */
  readonly enabled?: readonly ResourceKind[];
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  /** The only subscriptions in which the bot reads and changes resources. */
  readonly subscriptions: readonly string[];
  /** The workspace's own id, of the vaults' logs. Null or missing: none. */
  readonly workspaceId?: string | null;
  /** Poll interval of a running operation. The service takes from 13 to 90 s and suggests no interval. */
  readonly pollIntervalMs?: number;
  /** Limits on time and retries; missing ones use the defaults. */
  readonly limits?: Partial<Limits>;
  readonly clock?: () => Date;
  readonly tracing?: Tracing;
  readonly onFailure?: (failure: Failure) => void;
}

const clockOf = (options: AzureOptions) => options.clock ?? (() => new Date());

export const connectionOf = (options: AzureOptions): Connection =>
  openConnection({
    kinds: options.kinds,
    cloud: options.cloud,
    credential: options.credential,
    subscriptions: options.subscriptions,
    pollIntervalMs: options.pollIntervalMs ?? 5000,
    limits: { ...defaultLimits, ...options.limits },
    clock: clockOf(options),
    tracing: options.tracing ?? noTracing,
    onFailure: options.onFailure ?? (() => undefined),
  });

/** Creates all ports. Sends no request until one is called. */
export function connectAzure(options: AzureOptions): Azure {
  const connection = connectionOf(options);
  const { workspaceId = null, cloud } = options;
  const { logsEndpoint: endpoint } = cloud;
  const vaultLog =
    workspaceId === null || endpoint === null
      ? null
      : armVaultLog(connection, { workspaceId, endpoint }, clockOf(options));
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
    changes: { since: graphChanges(connection), activity: activityLog(connection) },
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
  const doing = `reading secret ${name} in ${host}`;
  if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
  return connectionOf(options).call(doing, async (clients) => {
    const { value = '', properties } = await clients
      .secretsAt(origin)
      .getSecret(name, version === '' ? {} : { version });
    return { id: properties.id ?? id, value };
  });
}
