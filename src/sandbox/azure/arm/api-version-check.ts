import { armRefusal } from '../http/reply.ts';
import { healthBotVersions, vaultVersions } from './api-versions.ts';
import { regions } from './resource-location.ts';

/** Namespace and type of the last `providers` part of a path. */
const typeOf = (path: string): { readonly namespace: string; readonly type: string } => {
  const tail = /.*\/providers\/([^/]+)(\/.*)?$/i.exec(path);
  const parts = (tail?.[2] ?? '').split('/').slice(1);
  return { namespace: tail?.[1] ?? 'Microsoft.Resources', type: parts.filter((_, index) => index % 2 === 0).join('/') };
};

/** Real codes and texts; `InvalidResourceType` as reported publicly for healthBots 2021-06-10. */
export const requireApiVersion = (path: string, version: string | null, offered: readonly string[]): void => {
  if (offered.length === 0) return;
  if (version === null || version === '') {
    throw armRefusal(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  if (offered.includes(version)) return;
  const { namespace, type } = typeOf(path);
  throw armRefusal(
    404,
    'InvalidResourceType',
    `The resource type '${type}' could not be found in the namespace '${namespace}' for api version '${version}'. The supported api-versions are '${offered.join(',')}'.`,
  );
};

interface ProviderType {
  readonly resourceType: string;
  readonly apiVersions: readonly string[];
  readonly locations: readonly string[];
}

const locations = regions.map((one) => one.displayName);

/** Newest first, as ARM lists them. */
export const providers: Readonly<Record<string, readonly ProviderType[]>> = {
  'Microsoft.HealthBot': [
    { resourceType: 'healthBots', apiVersions: [...healthBotVersions].reverse(), locations },
    { resourceType: 'locations/operationStatuses', apiVersions: [...healthBotVersions].reverse(), locations },
  ],
  'Microsoft.KeyVault': [
    { resourceType: 'vaults', apiVersions: [...vaultVersions].reverse(), locations },
    { resourceType: 'vaults/keys', apiVersions: [...vaultVersions].reverse(), locations },
    { resourceType: 'vaults/accessPolicies', apiVersions: [...vaultVersions].reverse(), locations },
  ],
};
