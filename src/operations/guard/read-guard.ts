/** Reads what Azure Policy refuses for every agent, and whether it permits the vaults that the approval policy permits. */

import { done, type Outcome } from '../../domain/failure.ts';
import type { FleetGuard, VaultDifference } from '../../domain/guard.ts';
import { type ArmId, armIdParts } from '../../domain/ids.ts';
import { sameVaultUri } from '../../domain/observed.ts';
import { type Policy, ruleFor } from '../../domain/policy/policy.ts';
import { permitsVault } from '../../domain/policy/rules.ts';
import type { Azure, ResourceKey, UnreadSubscription, VaultSummary } from '../../domain/ports/azure.ts';
import type { AssignedPolicies } from '../../domain/ports/policies.ts';
import { judgeGuard, vaultsPermittedIn } from './judge-guard.ts';
import { guardNames } from './template.ts';

type Ports = Pick<Azure, 'inventory' | 'policies'>;

const subscriptionOf = (id: ArmId): string => armIdParts(id).subscriptionId.toLowerCase();

/** Vaults that the approval policy permits to at least one of the agents. Rules by tag only permit fewer. */
export const permittedVaults = (
  policy: Policy,
  agents: readonly Pick<ResourceKey, 'id' | 'name'>[],
  vaults: readonly VaultSummary[],
): readonly VaultSummary[] =>
  vaults.filter((vault) => agents.some((one) => permitsVault(ruleFor(policy, one).vaults, one.id, vault.id)));

/** What the guard is about: all agents and vaults that can be read. */
export async function readGuarded({ inventory }: Pick<Azure, 'inventory'>) {
  const kept = await inventory.resourceKeys();
  if (!kept.ok) return kept;
  const { resources, unread } = kept.value;
  const vaults = await inventory.vaults(unread.map(({ subscriptionId }) => subscriptionId));
  return vaults.ok ? done({ resources, vaults: vaults.value, unread }) : vaults;
}

/** Null: no list is assigned, or both permit the same. */
function differenceIn(
  subscriptionId: string,
  assigned: AssignedPolicies,
  wanted: readonly VaultSummary[],
): VaultDifference | null {
  const uris = vaultsPermittedIn(assigned, subscriptionId);
  if (uris === null) return null;
  const refused = wanted.filter(({ uri }) => !uris.some((one) => sameVaultUri(one, uri))).map(({ name }) => name);
  const more = uris.filter((one) => !wanted.some(({ uri }) => sameVaultUri(one, uri)));
  const permitted = [...new Set(more.map((uri) => uri.replace(/\/$/, '')))];
  return refused.length + permitted.length === 0 ? null : { subscriptionId, refused, permitted };
}

export async function readFleetGuard(
  { inventory, policies }: Ports,
  policy: Policy,
  now: Date,
): Promise<Outcome<FleetGuard>> {
  const guarded = await readGuarded({ inventory });
  if (!guarded.ok) return guarded;
  const { resources, vaults, unread } = guarded.value;
  const subscriptions = [...new Set([...resources, ...vaults].map(({ id }) => subscriptionOf(id)))].sort();
  const assigned = new Map<string, AssignedPolicies>();
  const refused: UnreadSubscription[] = [];
  for (const subscriptionId of subscriptions) {
    const read = await policies.assigned(subscriptionId, guardNames);
    if (read.ok) assigned.set(subscriptionId, read.value);
    else refused.push({ subscriptionId, failure: read.failure });
  }
  const vaultOf = ({ customerKey }: ResourceKey) => {
    const vault = vaults.find(({ uri }) => customerKey !== null && sameVaultUri(uri, customerKey.vaultUri));
    const its = vault === undefined ? undefined : assigned.get(subscriptionOf(vault.id));
    return vault === undefined || its === undefined ? null : { id: vault.id, policies: its };
  };
  const agents = resources.flatMap((one) => {
    const its = assigned.get(subscriptionOf(one.id));
    return its === undefined ? [] : [judgeGuard(one, its, vaultOf(one), now)];
  });
  const differences = [...assigned].map(([subscriptionId, its]) => {
    const own = resources.filter(({ id }) => subscriptionOf(id) === subscriptionId);
    return differenceIn(subscriptionId, its, permittedVaults(policy, own, vaults));
  });
  return done({
    agents: agents.sort((a, b) => (a.name < b.name ? -1 : 1)),
    vaults: differences.filter((one) => one !== null),
    unread: [...unread, ...refused],
  });
}
