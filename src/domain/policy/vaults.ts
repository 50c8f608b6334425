/** Vaults that a policy rule permits for an agent's key. */
import { type ArmId, armIdParts } from '../ids.ts';
import { fits, type VaultMatch } from './rules.ts';

/** Default: any vault in the agent's own subscription. */
export const ownSubscription: readonly VaultMatch[] = [{}];

const some = (patterns: readonly string[] | undefined, text: string): boolean =>
  patterns === undefined || patterns.some((pattern) => fits(pattern.toLowerCase(), text.toLowerCase()));

export const inOneSubscription = (a: ArmId, b: ArmId): boolean =>
  armIdParts(a).subscriptionId.toLowerCase() === armIdParts(b).subscriptionId.toLowerCase();

function fitsMatch(match: VaultMatch, resource: ArmId, vault: ArmId): boolean {
  const { subscriptionId, resourceGroup, name } = armIdParts(vault);
  const place =
    match.subscriptions === undefined ? inOneSubscription(resource, vault) : some(match.subscriptions, subscriptionId);
  return place && some(match.resourceGroups, resourceGroup) && some(match.names, name);
}

/** Returns whether a key in the vault can protect the resource. */
export const permitsVault = (vaults: readonly VaultMatch[], resource: ArmId, vault: ArmId): boolean =>
  vaults.some((match) => fitsMatch(match, resource, vault));
