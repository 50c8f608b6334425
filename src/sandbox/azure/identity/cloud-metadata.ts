import { type Reply, reply } from '../http/reply.ts';
import type { Call, Route } from '../http/router.ts';

/** Answers with the cloud's addresses, which command line clients read. */
const cloudMetadata = (call: Call): Reply => {
  const { url, port, state } = call.world;
  return reply(200, {
    name: 'Local Azure',
    portal: url,
    gallery: url,
    graph: url,
    graphAudience: url,
    resourceManager: url,
    microsoftGraphResourceId: url,
    media: url,
    batch: url,
    sqlManagement: url,
    vmImageAliasDoc: url,
    activeDirectoryDataLake: url,
    authentication: {
      loginEndpoint: url,
      audiences: [url, 'https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: state.tenantId,
      identityProvider: 'AAD',
    },
    suffixes: {
      keyVaultDns: `vault.localhost:${port}`,
      mhsmDns: `managedhsm.localhost:${port}`,
      storage: `storage.localhost:${port}`,
      sqlServerHostname: `database.localhost:${port}`,
      acrLoginServer: `registry.localhost:${port}`,
      azureDataLakeStoreFileSystem: `datalake.localhost:${port}`,
      azureDataLakeAnalyticsCatalogAndJob: `analytics.localhost:${port}`,
    },
  });
};

export const cloudMetadataRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/metadata/endpoints',
    audience: 'open',
    versions: [],
    action: null,
    handle: cloudMetadata,
  },
];
