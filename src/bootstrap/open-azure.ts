/** Azure ports and authorization. No request is sent until a port is called. */
import { openRoleChecks, type RoleChecks } from '../authorization/role-checks.ts';
import { connectAzure } from '../azure/azure.ts';
import { openPortal } from '../azure/resource-ids.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { Azure, Portal } from '../domain/ports/azure.ts';
import type { Infrastructure } from './open-infrastructure.ts';

export interface AzureModule {
  /** Counts failures in the metrics. */
  readonly azure: Azure;
  readonly roleChecks: RoleChecks;
  /** Null: this cloud's portal address isn't known. */
  readonly portal: Portal | null;
  /** The sign-in host, and its only trusted certificate authorities. Null: the default ones. */
  readonly authority: { readonly host: string; readonly ca: string | null };
}

/** Throws if a configured file can't be read. */
export function openAzureModule({ config, metrics, telemetry }: Infrastructure): AzureModule {
  const options = optionsForAzure(config);
  const { authorityHost: host, tls } = options.cloud;
  const azure = connectAzure({ ...options, tracing: telemetry.tracing, onFailure: metrics.azureFailed });
  return {
    azure,
    roleChecks: openRoleChecks(azure, config.policy, config.admission),
    portal: openPortal(options.cloud, config.teams.tenantId),
    authority: { host, ca: tls.tlsOptions?.ca ?? null },
  };
}
