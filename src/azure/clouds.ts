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

interface Places
  extends Pick<
    Cloud,
    'armEndpoint' | 'graphEndpoint' | 'authorityHost' | 'logsEndpoint' | 'vaultSuffix' | 'blobSuffix'
  > {
  readonly database: string;
}

const publicDatabase = 'database.windows.net';

/** Of logs: `KnownMonitorLogsQueryAudience` of Microsoft's client. */
const known: Readonly<Record<Exclude<Cloud['name'], 'custom'>, Places>> = {
  public: {
    armEndpoint: 'https://management.azure.com',
    graphEndpoint: 'https://graph.microsoft.com',
    authorityHost: AzureAuthorityHosts.AzurePublicCloud,
    vaultSuffix: '.vault.azure.net',
    database: publicDatabase,
    blobSuffix: '.blob.core.windows.net',
    logsEndpoint: 'https://api.loganalytics.io',
  },
  usgovernment: {
    armEndpoint: 'https://management.usgovcloudapi.net',
    graphEndpoint: 'https://graph.microsoft.us',
    authorityHost: AzureAuthorityHosts.AzureGovernment,
    vaultSuffix: '.vault.usgovcloudapi.net',
    database: 'database.usgovcloudapi.net',
    blobSuffix: '.blob.core.usgovcloudapi.net',
    logsEndpoint: 'https://api.loganalytics.us',
  },
  china: {
    armEndpoint: 'https://management.chinacloudapi.cn',
    graphEndpoint: 'https://microsoftgraph.chinacloudapi.cn',
    authorityHost: AzureAuthorityHosts.AzureChina,
    vaultSuffix: '.vault.azure.cn',
    database: 'database.chinacloudapi.cn',
    blobSuffix: '.blob.core.chinacloudapi.cn',
    logsEndpoint: 'https://api.loganalytics.azure.cn',
  },
};

/** The database's scope is of "Use Microsoft Entra ID for authentication with Azure Database for PostgreSQL". */
const cloudAt = (name: Cloud['name'], { database, ...places }: Places, tls: Cloud['tls']): Cloud => ({
  name,
  ...places,
  armScope: `${places.armEndpoint}/.default`,
  graphScope: `${places.graphEndpoint}/.default`,
  databaseScope: `https://ossrdbms-aad.${database}/.default`,
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
    armEndpoint: withoutSlash(armEndpoint),
    graphEndpoint: withoutSlash(graphEndpoint),
    authorityHost: withoutSlash(authorityHost),
    logsEndpoint: logsEndpoint === undefined ? null : withoutSlash(logsEndpoint),
    vaultSuffix: null,
    database: publicDatabase,
    blobSuffix: null,
  };
  return cloudAt('custom', places, caFile === null ? {} : { tlsOptions: { ca: readFileSync(caFile, 'utf8') } });
}
