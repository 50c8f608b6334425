/** Where the key of an agent may lie, by a rule of the policy. */
import { type ArmId, armIdParts } from '../ids.ts';
import { fits, type VaultMatch } from './rules.ts';

/** What is permitted where nothing is said. */
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

/** Whether a key in the vault may protect the resource. */
export const permitsVault = (vaults: readonly VaultMatch[], resource: ArmId, vault: ArmId): boolean =>
  vaults.some((match) => fitsMatch(match, resource, vault));
