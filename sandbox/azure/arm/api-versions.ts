import { Refusal } from '../../http.ts';

const versions = (text: string): readonly string[] => text.split(' ');

/** API versions that each resource type accepts here. Azure offers more; the simulator has the shapes of these only. */
export const healthBotVersions = versions('2021-08-24 2022-08-08 2023-05-01 2024-02-01 2025-05-25 2025-11-01');

export const vaultVersions = versions('2023-02-01 2023-07-01 2024-11-01 2026-02-01');

export const storageVersions = versions('2022-09-01 2023-01-01 2023-05-01 2024-01-01 2025-06-01 2026-04-01');

export const botServiceVersions = versions('2021-03-01 2022-09-15');

export const authorizationVersions = versions(
  '2015-07-01 2018-01-01-preview 2018-07-01 2020-04-01-preview 2022-04-01 2022-05-01-preview',
);

export const policyVersions = versions(
  '2019-09-01 2020-09-01 2021-06-01 2022-06-01 2023-04-01 2024-04-01 2024-05-01 2025-01-01',
);

export const exemptionVersions = versions('2020-07-01-preview 2022-07-01-preview');

export const lockVersions = versions('2016-09-01 2020-05-01');

export const resourcesVersions = versions(
  '2019-11-01 2020-01-01 2021-01-01 2021-04-01 2022-09-01 2022-12-01 2024-03-01 2024-07-01 2024-11-01 2025-04-01',
);

/** Includes the version that Key Vault clients of 2023-07-01 use to list vaults (2023-07-01 description). */
export const resourceListVersions = ['2015-11-01', ...resourcesVersions];

export const resourceGraphVersions = versions('2021-03-01 2022-10-01 2024-04-01');

/** Returns namespace and type of the last `providers` part of a path. */
const typeOf = (path: string): { readonly namespace: string; readonly type: string } => {
  const tail = /.*\/providers\/([^/]+)(\/.*)?$/i.exec(path);
  const parts = (tail?.[2] ?? '').split('/').slice(1);
  return { namespace: tail?.[1] ?? 'Microsoft.Resources', type: parts.filter((_, index) => index % 2 === 0).join('/') };
};

/** Throws Azure's refusal of a missing or unknown version, with real codes and texts. */
export const requireApiVersion = (path: string, version: string | null, offered: readonly string[]): void => {
  if (offered.length === 0) return;
  if (version === null || version === '') {
    const message = 'The api-version query parameter (?api-version=) is required for all requests.';
    throw Refusal.of(400, 'MissingApiVersionParameter', message);
  }
  if (offered.includes(version)) return;
  const { namespace, type } = typeOf(path);
  const message = `The resource type '${type}' could not be found in the namespace '${namespace}' for api version '${version}'. The supported api-versions are '${offered.join(',')}'.`;
  throw Refusal.of(404, 'InvalidResourceType', message);
};

/** Regions of the simulator, from Microsoft's list. */
const locations = ['East US', 'East US 2', 'West US 2', 'North Europe', 'West Europe', 'UK South', 'Sweden Central'];

const typesOf = (versions: readonly string[], ...types: readonly string[]) =>
  types.map((resourceType) => ({ resourceType, apiVersions: [...versions].reverse(), locations }));

/** Newest first, as ARM lists them. */
export const providers: Readonly<Record<string, ReturnType<typeof typesOf>>> = {
  'Microsoft.HealthBot': typesOf(healthBotVersions, 'healthBots', 'locations/operationStatuses'),
  'Microsoft.KeyVault': typesOf(vaultVersions, 'vaults', 'vaults/keys', 'vaults/accessPolicies'),
};
