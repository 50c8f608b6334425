/** Azure as the rest of the product knows it: every port, over one sign-in and one cloud. */
import type { TokenCredential } from '@azure/core-auth';
import type { Failure } from '../domain/failure.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import { noTracing, type Tracing } from '../domain/ports/tracing.ts';
import type { Cloud } from './clouds.ts';
import { type Connection, openConnection } from './connection.ts';
import { armControl } from './control.ts';
import { graphGroups } from './directory.ts';
import { armGrants } from './grants.ts';
import { graphInventory } from './inventory.ts';
import { armKeys } from './keys.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { armGuards } from './permissions.ts';
import { armResources } from './resources.ts';
import { armVaults } from './vaults.ts';

export interface AzureOptions {
  /** Every kind of resource there is: `resources/registry`. */
  readonly kinds: readonly ResourceKind[];
  /** From `openCloud`. */
  readonly cloud: Cloud;
  /** From `openCredential`. */
  readonly credential: TokenCredential;
  /** The only subscriptions anything is read or changed in. */
  readonly subscriptions: readonly string[];
  /** Between two looks at a running operation. The service takes from 13 to 90 s and names no interval itself. */
  readonly pollIntervalMs?: number;
  /** Bounds on time and retries; those left out are the usual ones. */
  readonly limits?: Partial<Limits>;
  readonly clock?: () => Date;
  /** Told of every call; left out, nobody is. */
  readonly tracing?: Tracing;
  /** Told of every call that fails; left out, nobody is. */
  readonly onFailure?: (failure: Failure) => void;
}

const clockOf = (options: AzureOptions) => options.clock ?? (() => new Date());

/** What every adapter speaks through. */
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

/** Joins the ports. Sends nothing until one is called. */
export function connectAzure(options: AzureOptions): Azure {
  const connection = connectionOf(options);
  return {
    resources: armResources(connection),
    vaults: armVaults(connection),
    keys: armKeys(connection),
    grants: armGrants(connection),
    control: armControl(connection),
    guards: armGuards(connection),
    inventory: graphInventory(connection),
    groups: graphGroups(connection),
  };
}
