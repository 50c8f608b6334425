/**
 * Checks resource ids. An ARM id can come from a person's text, and the SDK puts it in a URL unchanged. So each part is
 * checked: `..`, `?` or `#` must not lead elsewhere.
 */
import { botFailure, type Failure } from '../../domain/failure.ts';
import { type ArmId, type ArmIdParts, armIdParts, armTypeOf } from '../../domain/ids.ts';
import type { ResourceKind } from '../../domain/resource-kind.ts';
import type { Cloud } from '../clouds.ts';

export interface Kind {
  /** Name in the bot's own codes. */
  readonly name: string;
  /** Provider and type in lower case: Azure itself writes them in several ways. */
  readonly type: string;
  readonly names: RegExp;
}

export const kindIn = ({ name, type, names }: Pick<ResourceKind, 'name' | 'type' | 'names'>): Kind => ({
  name,
  type: type.toLowerCase(),
  names,
});

/** Key Vault's "3 to 24 alphanumerics and hyphens". */
export const vaultKind: Kind = { name: 'key-vault', type: 'microsoft.keyvault/vaults', names: /^[a-zA-Z0-9-]{3,24}$/ };

/** "3 to 128 alphanumerics, hyphens and underscores" (Azure's naming rules). The bot only reads its permissions on one. */
const identityKind: Kind = {
  name: 'user-assigned-identity',
  type: 'microsoft.managedidentity/userassignedidentities',
  names: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$/,
};

/** Matches no id. */
const unknownKind: Kind = { name: 'known-kind', type: '', names: /^(?!)/ };

/** Returns the kind that the id claims. The rest of the id might still be malformed. */
export const resourceKindOf = (id: ArmId, kinds: readonly ResourceKind[]): Kind =>
  [...kinds.map(kindIn), vaultKind, identityKind].find((kind) => kind.type === armTypeOf(id)) ?? unknownKind;

/** ARM's rule: letters, digits, underscores, parentheses, hyphens, periods, and no period at the end. */
const resourceGroup = /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u;

export function ownResource(
  doing: string,
  id: ArmId,
  kind: Kind,
  subscriptions: readonly string[],
): { readonly parts: ArmIdParts } | { readonly failure: Failure } {
  const parts = armIdParts(id);
  const wellFormed =
    id.split('/').length === 9 &&
    armTypeOf(id) === kind.type &&
    kind.names.test(parts.name) &&
    resourceGroup.test(parts.resourceGroup);
  if (!wellFormed) return { failure: botFailure(doing, { code: 'not-of-kind', id, kind: kind.name }) };
  const known = subscriptions.some((one) => one.toLowerCase() === parts.subscriptionId.toLowerCase());
  const { subscriptionId } = parts;
  if (!known) return { failure: botFailure(doing, { code: 'outside-subscriptions', subscriptionId }) };
  return { parts };
}

export const lastPart = (id: string): string => id.split('/').at(-1) ?? id;

/** Normalizes a region: `East US` and `eastus` are the same. */
export const sameSpelling = (location: string): string => location.toLowerCase().replaceAll(' ', '');

/** Returns whether this is a Key Vault host of the cloud. Only these get a token. */
export const isVaultHost = (vaultUri: string, { vaultSuffix }: Cloud): boolean => {
  const url = URL.canParse(vaultUri) ? new URL(vaultUri) : null;
  return url !== null && url.protocol === 'https:' && (vaultSuffix === null || url.hostname.endsWith(vaultSuffix));
};
