/**
 * Endpoints of each Azure cloud. Endpoints and suffixes are those of Microsoft's national-cloud lists ("Azure Government
 * endpoint mapping", "Azure China developer guide", "Microsoft Graph national cloud deployments"). In China, MSAL uses
 * `login.partner.microsoftonline.cn` when it's given `login.chinacloudapi.cn`.
 */
import { readFileSync } from 'node:fs';
import { AzureAuthorityHosts } from '@azure/identity';

/** The cloud to use. `custom` is any other one: an Azure Stack, a sovereign cloud, the Azure simulator. */
export type CloudChoice =
  | { readonly name: 'public' | 'usgovernment' | 'china' }
  | {
      readonly name: 'custom';
      readonly armEndpoint: string;
      readonly authorityHost: string;
      readonly graphEndpoint: string;
      /** Log Analytics query endpoint without the version; missing: none. */
      readonly logsEndpoint?: string;
      /** PEM file of the only certificate authorities to trust; null: the default ones. */
      readonly caFile: string | null;
    };

export interface Cloud {
  readonly name: CloudChoice['name'];
  /** No final slash, as for all endpoints here. */
  readonly armEndpoint: string;
  readonly armScope: string;
  readonly graphEndpoint: string;
  readonly graphScope: string;
  readonly authorityHost: string;
  /** Log Analytics query endpoint without the version; null: none configured. Its scope is derived from it. */
  readonly logsEndpoint: string | null;
  /** For Azure Database for PostgreSQL, whose users can be identities. */
  readonly databaseScope: string;
  /** Required suffix of a vault's host name before it gets a token; null: unknown. */
  readonly vaultSuffix: string | null;
  /** Required suffix of a storage account's blob host; null: unknown. */
  readonly blobSuffix: string | null;
  /**
   * Whether Key Vault's challenge must name a domain that contains the vault's host. Only the custom cloud skips this: the
   * Azure simulator's vaults are ports of one host.
   */
  readonly verifyChallenges: boolean;
  /**
   * TLS options of every client. Empty unless a CA file is set, because `ca` replaces the default roots. All clients share one
   * object, because the SDK pools connections per object.
   */
  readonly tls: { readonly tlsOptions?: { readonly ca: string } };
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

interface Places {
  readonly arm: string;
  readonly graph: string;
  readonly authority: string;
  readonly vault: string | null;
  readonly database: string;
  readonly blob: string | null;
  /** `KnownMonitorLogsQueryAudience` of Microsoft's client. */
  readonly logs: string | null;
}

const publicDatabase = 'database.windows.net';

const known: Readonly<Record<Exclude<Cloud['name'], 'custom'>, Places>> = {
  public: {
    arm: 'https://management.azure.com',
    graph: 'https://graph.microsoft.com',
    authority: AzureAuthorityHosts.AzurePublicCloud,
    vault: '.vault.azure.net',
    database: publicDatabase,
    blob: '.blob.core.windows.net',
    logs: 'https://api.loganalytics.io',
  },
  usgovernment: {
    arm: 'https://management.usgovcloudapi.net',
    graph: 'https://graph.microsoft.us',
    authority: AzureAuthorityHosts.AzureGovernment,
    vault: '.vault.usgovcloudapi.net',
    database: 'database.usgovcloudapi.net',
    blob: '.blob.core.usgovcloudapi.net',
    logs: 'https://api.loganalytics.us',
  },
  china: {
    arm: 'https://management.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authority: AzureAuthorityHosts.AzureChina,
    vault: '.vault.azure.cn',
    database: 'database.chinacloudapi.cn',
    blob: '.blob.core.chinacloudapi.cn',
    logs: 'https://api.loganalytics.azure.cn',
  },
};

/** The database's scope is of "Use Microsoft Entra ID for authentication with Azure Database for PostgreSQL". */
const cloudAt = (name: Cloud['name'], places: Places, tls: Cloud['tls']): Cloud => ({
  name,
  armEndpoint: places.arm,
  armScope: `${places.arm}/.default`,
  graphEndpoint: places.graph,
  graphScope: `${places.graph}/.default`,
  authorityHost: places.authority,
  logsEndpoint: places.logs,
  databaseScope: `https://ossrdbms-aad.${places.database}/.default`,
  vaultSuffix: places.vault,
  blobSuffix: places.blob,
  verifyChallenges: name !== 'custom',
  tls,
});

/**
 * Returns the endpoints of the chosen cloud. Reads the CA file and throws if it can't: a start without it would only fail
 * later.
 */
export function openCloud(choice: CloudChoice): Cloud {
  if (choice.name !== 'custom') return cloudAt(choice.name, known[choice.name], {});
  const { armEndpoint, graphEndpoint, authorityHost, logsEndpoint, caFile } = choice;
  const places = {
    arm: withoutSlash(armEndpoint),
    graph: withoutSlash(graphEndpoint),
    authority: withoutSlash(authorityHost),
    logs: logsEndpoint === undefined ? null : withoutSlash(logsEndpoint),
    ...{ vault: null, database: publicDatabase, blob: null },
  };
  return cloudAt('custom', places, caFile === null ? {} : { tlsOptions: { ca: readFileSync(caFile, 'utf8') } });
}
