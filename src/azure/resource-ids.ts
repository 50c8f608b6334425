/**
 * Which resources may be touched at all. An ARM id can come from what a person typed, and the SDK puts it into a URL as it
 * is, so each of its parts is checked: a `..`, `?` or `#` must not lead anywhere else.
 */
import type { Failure } from '../domain/failure.ts';
import { type ArmId, type ArmIdParts, armIdParts } from '../domain/ids.ts';
import { refusedHere } from './failures.ts';

interface Kind {
  /** Provider and type, lower case: Azure itself writes them in more than one way. */
  readonly type: string;
  readonly name: RegExp;
  readonly code: string;
  readonly inWords: string;
}

/** Name rules: the healthcare agent service's API description, and Key Vault's "3 to 24 alphanumerics and hyphens". */
export const resourceKind: Kind = {
  type: 'microsoft.healthbot/healthbots',
  name: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$/,
  code: 'NotAHealthcareAgentService',
  inWords: 'a healthcare agent service',
};
export const vaultKind: Kind = {
  type: 'microsoft.keyvault/vaults',
  name: /^[a-zA-Z0-9-]{3,24}$/,
  code: 'NotAKeyVault',
  inWords: 'a key vault',
};

/** "3 to 128 alphanumerics, hyphens and underscores" (Azure's naming rules). Only the bot's rights on one are ever read. */
const identityKind: Kind = {
  type: 'microsoft.managedidentity/userassignedidentities',
  name: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$/,
  code: 'NotAUserAssignedIdentity',
  inWords: 'a user-assigned identity',
};

const neitherKind: Kind = {
  type: '',
  name: /^(?!)/,
  code: 'NotAnAgentOrVault',
  inWords: 'a healthcare agent service or a key vault',
};

/** Provider and type of the resource in the group, lower case. */
function typeOf(id: ArmId): string {
  const [provider = '', type = ''] = id.split('/').slice(6, 8);
  return `${provider}/${type}`.toLowerCase();
}

/** Which of the kinds the id claims to be of; what it names may still not be well formed. */
export const kindOf = (id: ArmId): Kind =>
  [resourceKind, vaultKind, identityKind].find((kind) => kind.type === typeOf(id)) ?? neitherKind;

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
    kind.name.test(parts.name) &&
    resourceGroup.test(parts.resourceGroup);
  if (!wellFormed) return { failure: refusedHere(doing, kind.code, `${id} is not the id of ${kind.inWords}`) };
  const known = subscriptions.some((one) => one.toLowerCase() === parts.subscriptionId.toLowerCase());
  if (!known) {
    const message = `subscription ${parts.subscriptionId} is not one of those configured`;
    return { failure: refusedHere(doing, 'OutsideConfiguredSubscriptions', message) };
  }
  return { parts };
}

/** `East US` and `eastus` are one region. */
export const sameSpelling = (location: string): string => location.toLowerCase().replaceAll(' ', '');
