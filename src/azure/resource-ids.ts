/**
 * Which resources may be touched at all. An ARM id can come from what a person typed, and the SDK puts it into a URL as it
 * is, so each of its parts is checked: a `..`, `?` or `#` must not lead anywhere else.
 */
import { type Failure, foundThat } from '../domain/failure.ts';
import { type ArmId, type ArmIdParts, armIdParts } from '../domain/ids.ts';
import type { Portal } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import type { Cloud } from './clouds.ts';

/** What an id may name. */
export interface Kind {
  /** As the bot calls it in its own codes. */
  readonly name: string;
  /** Provider and type, lower case: Azure itself writes them in more than one way. */
  readonly type: string;
  readonly names: RegExp;
}

export const kindIn = ({ name, arm }: Pick<ResourceKind, 'name' | 'arm'>): Kind => ({
  name,
  type: arm.type.toLowerCase(),
  names: arm.names,
});

/** Key Vault's "3 to 24 alphanumerics and hyphens". */
export const vaultKind: Kind = { name: 'key-vault', type: 'microsoft.keyvault/vaults', names: /^[a-zA-Z0-9-]{3,24}$/ };

/** "3 to 128 alphanumerics, hyphens and underscores" (Azure's naming rules). Only the bot's rights on one are ever read. */
const identityKind: Kind = {
  name: 'user-assigned-identity',
  type: 'microsoft.managedidentity/userassignedidentities',
  names: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$/,
};

/** What nothing is of. */
const neitherKind: Kind = { name: 'known-kind', type: '', names: /^(?!)/ };

/** Provider and type of the resource in the group, lower case. */
function typeOf(id: ArmId): string {
  const [provider = '', type = ''] = id.split('/').slice(6, 8);
  return `${provider}/${type}`.toLowerCase();
}

/** Which of the kinds the id claims to be of; what it names may still not be well formed. */
export const resourceKindOf = (id: ArmId, kinds: readonly ResourceKind[]): Kind =>
  [...kinds.map(kindIn), vaultKind, identityKind].find((kind) => kind.type === typeOf(id)) ?? neitherKind;

/** ARM's rule: letters, digits, underscores, parentheses, hyphens, periods, and no period at the end. */
const resourceGroup = /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u;

/** The id's parts, or why it may not be used. */
export function ownResource(
  doing: string,
  id: ArmId,
  kind: Kind,
  subscriptions: readonly string[],
): { readonly parts: ArmIdParts } | { readonly failure: Failure } {
  const parts = armIdParts(id);
  const wellFormed =
    id.split('/').length === 9 &&
    typeOf(id) === kind.type &&
    kind.names.test(parts.name) &&
    resourceGroup.test(parts.resourceGroup);
  if (!wellFormed) return { failure: foundThat(doing, { code: 'not-of-kind', id, kind: kind.name }) };
  const known = subscriptions.some((one) => one.toLowerCase() === parts.subscriptionId.toLowerCase());
  const { subscriptionId } = parts;
  if (!known) return { failure: foundThat(doing, { code: 'outside-subscriptions', subscriptionId }) };
  return { parts };
}

/** `East US` and `eastus` are one region. */
export const sameSpelling = (location: string): string => location.toLowerCase().replaceAll(' ', '');

/** A token is only sent to hosts of the cloud's Key Vault. */
export const isVaultHost = (vaultUri: string, { vaultSuffix }: Cloud): boolean => {
  const url = URL.canParse(vaultUri) ? new URL(vaultUri) : null;
  return url !== null && url.protocol === 'https:' && (vaultSuffix === null || url.hostname.endsWith(vaultSuffix));
};

export const notAVault = (doing: string, vaultUri: string) =>
  foundThat(doing, { code: 'not-a-vault-address', address: vaultUri });

// Where the portal of each cloud shows a resource and a key. Hosts are those of Microsoft's national-cloud lists; that a key is
// an "asset" under its own address is what the portal itself puts into the address bar.

const origins: Readonly<Record<Exclude<Cloud['name'], 'custom'>, string>> = {
  public: 'https://portal.azure.com',
  usgovernment: 'https://portal.azure.us',
  china: 'https://portal.azure.cn',
};

/** Names of groups may hold parentheses and letters of any script: what would end a link is encoded as well. */
const segment = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Null for a custom cloud: nobody knows its portal. */
export function openPortal(
  { name, vaultSuffix }: Pick<Cloud, 'name' | 'vaultSuffix'>,
  tenantId: string,
): Portal | null {
  if (name === 'custom') return null;
  const start = `${origins[name]}/#@${segment(tenantId)}`;
  return {
    resource: (id) => `${start}/resource${id.split('/').map(segment).join('/')}`,
    key: (vaultUri, keyName, version) => {
      const [, vault] = /^https:\/\/([a-z0-9-]{3,24})(?=\.)/i.exec(vaultUri) ?? [];
      const host = `${vault}${vaultSuffix}`;
      if (vault === undefined || vaultUri.replace(/\/$/, '').toLowerCase() !== `https://${host}`.toLowerCase())
        return null;
      return `${start}/asset/Microsoft_Azure_KeyVault/Key/https://${host}/keys/${keyName}/${version}`;
    },
  };
}
