/** Towards Azure: its ports, and who may, which its directory is asked. Nothing is sent until a port is called. */
import { openStandings, type Standings } from '../authorization/who-may.ts';
import { connectAzure } from '../azure/azure.ts';
import { openPortal } from '../azure/resource-ids.ts';
import { optionsForAzure, vaultLogFor } from '../config/azure-from-config.ts';
import type { Azure, Portal, VaultLog } from '../domain/ports/azure.ts';
import type { Ground } from './open-ground.ts';

export interface AzureSide {
  /** With its failures counted. */
  readonly azure: Azure;
  /** Null: no workspace is configured that vaults' logs go to. */
  readonly vaultLog: VaultLog | null;
  readonly standings: Standings;
  /** Null: nobody knows where this cloud has its portal. */
  readonly portal: Portal | null;
  /** Where the cloud's people sign in, and the only certificate authorities to trust there; null: the usual ones. */
  readonly authority: { readonly host: string; readonly ca: string | null };
}

/** Throws when a file that the configuration names cannot be read. */
export function openAzureSide({ config, metrics, telemetry }: Ground): AzureSide {
  const options = optionsForAzure(config);
  const { authorityHost: host, tls } = options.cloud;
  const azure = connectAzure({ ...options, tracing: telemetry.tracing, onFailure: metrics.azureFailed });
  return {
    azure,
    vaultLog: vaultLogFor(config, telemetry.tracing),
    standings: openStandings(azure, config.policy, config.admission),
    portal: openPortal(options.cloud, config.teams.tenantId),
    authority: { host, ca: tls.tlsOptions?.ca ?? null },
  };
}
