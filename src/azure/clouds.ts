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

/**
 * Returns `https://ossrdbms-aad.` and the cloud's database suffix ("Use Microsoft Entra ID for authentication with Azure
 * Database for PostgreSQL").
 */
const databaseScopeIn = (suffix: string): string => `https://ossrdbms-aad.${suffix}/.default`;

interface Suffixes {
  readonly vault: string;
  readonly database: string;
  readonly blob: string;
  /** `KnownMonitorLogsQueryAudience` of Microsoft's client. */
  readonly logs: string;
}

function knownCloud(name: Cloud['name'], arm: string, graph: string, authority: string, suffixes: Suffixes): Cloud {
  return {
    name,
    armEndpoint: arm,
    armScope: `${arm}/.default`,
    graphEndpoint: graph,
    graphScope: `${graph}/.default`,
    authorityHost: authority,
    logsEndpoint: suffixes.logs,
    databaseScope: databaseScopeIn(suffixes.database),
    vaultSuffix: suffixes.vault,
    blobSuffix: suffixes.blob,
    verifyChallenges: true,
    tls: {},
  };
}

/**
 * Returns the endpoints of the chosen cloud. Reads the CA file and throws if it can't: a start without it would only fail
 * later.
 */
export function openCloud(choice: CloudChoice): Cloud {
  switch (choice.name) {
    case 'public':
      return knownCloud(
        'public',
        'https://management.azure.com',
        'https://graph.microsoft.com',
        AzureAuthorityHosts.AzurePublicCloud,
        {
          vault: '.vault.azure.net',
          database: 'database.windows.net',
          blob: '.blob.core.windows.net',
          logs: 'https://api.loganalytics.io',
        },
      );
    case 'usgovernment':
      return knownCloud(
        'usgovernment',
        'https://management.usgovcloudapi.net',
        'https://graph.microsoft.us',
        AzureAuthorityHosts.AzureGovernment,
        {
          vault: '.vault.usgovcloudapi.net',
          database: 'database.usgovcloudapi.net',
          blob: '.blob.core.usgovcloudapi.net',
          logs: 'https://api.loganalytics.us',
        },
      );
    case 'china':
      return knownCloud(
        'china',
        'https://management.chinacloudapi.cn',
        'https://microsoftgraph.chinacloudapi.cn',
        AzureAuthorityHosts.AzureChina,
        {
          vault: '.vault.azure.cn',
          database: 'database.chinacloudapi.cn',
          blob: '.blob.core.chinacloudapi.cn',
          logs: 'https://api.loganalytics.azure.cn',
        },
      );
    case 'custom': {
      const arm = withoutSlash(choice.armEndpoint);
      const graph = withoutSlash(choice.graphEndpoint);
      return {
        name: 'custom',
        armEndpoint: arm,
        armScope: `${arm}/.default`,
        graphEndpoint: graph,
        graphScope: `${graph}/.default`,
        authorityHost: withoutSlash(choice.authorityHost),
        logsEndpoint: choice.logsEndpoint === undefined ? null : withoutSlash(choice.logsEndpoint),
        databaseScope: databaseScopeIn('database.windows.net'),
        vaultSuffix: null,
        blobSuffix: null,
        verifyChallenges: false,
        tls: choice.caFile === null ? {} : { tlsOptions: { ca: readFileSync(choice.caFile, 'utf8') } },
      };
    }
  }
}
