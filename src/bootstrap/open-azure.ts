/** Azure ports and authorization. No request is sent until a port is called. */
import { openRoleChecks } from '../authorization/role-checks.ts';
import { connectAzure } from '../azure/azure.ts';
import { openPortal } from '../azure/resource-ids.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { Infrastructure } from './open-infrastructure.ts';

export type AzureModule = ReturnType<typeof openAzureModule>;

/** Throws if a configured file can't be read. */
export function openAzureModule({ config, metrics, telemetry }: Infrastructure) {
  const options = optionsForAzure(config);
  const { authorityHost: host, tls } = options.cloud;
  const azure = connectAzure({ ...options, tracing: telemetry.tracing, onFailure: metrics.azureFailed });
  return {
    azure,
    roleChecks: openRoleChecks(azure, config.policy, config.admission),
    /** Null: this cloud's portal address isn't known. */
    portal: openPortal(options.cloud, config.teams.tenantId),
    /** The sign-in host, and its only trusted certificate authorities. Null: the default ones. */
    authority: { host, ca: tls.tlsOptions?.ca ?? null },
  };
}
