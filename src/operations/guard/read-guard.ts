/** Reads what Azure Policy refuses for every agent, and whether it permits the vaults that the approval policy permits. */
import pLimit from 'p-limit';
import { done, type Outcome } from '../../domain/failure.ts';
import type { AgentGuard, GuardStates, VaultDifference } from '../../domain/guard.ts';
import { type ArmId, armIdParts } from '../../domain/ids.ts';
import type { KeyChange } from '../../domain/key-change.ts';
import { normalizedVaultUri, sameVaultUri } from '../../domain/observed.ts';
import { type Policy, ruleFor } from '../../domain/policy/policy.ts';
import { permitsVault } from '../../domain/policy/rules.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { ResourceKey, UnreadSubscription, VaultSummary } from '../../domain/ports/inventory.ts';
import type { AssignedPolicies } from '../../domain/ports/policies.ts';
import { judgeGuard, vaultsPermittedIn } from './judge-guard.ts';
import { guardNames } from './template.ts';

type Ports = Pick<Azure, 'inventory' | 'policies'>;

export interface FleetGuard {
  readonly agents: readonly AgentGuard[];
  readonly vaults: readonly VaultDifference[];
  /** Subscriptions whose agents or policies can't be read. */
  readonly unread: readonly UnreadSubscription[];
}

/** Azure refuses everything, and permits what the approval policy permits. */
export const isWhole = ({ agents, vaults, unread }: FleetGuard): boolean =>
  vaults.length + unread.length === 0 &&
  agents.every(({ states }) => Object.values(states).every((state) => state === 'refused'));

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

/** Subscriptions read at once. */
const atOnce = 8;

export interface ReadGuards {
  readonly agents: readonly AgentGuard[];
  /** Policies by subscription, in lower case. */
  readonly assigned: ReadonlyMap<string, AssignedPolicies>;
  /** Subscriptions whose policies couldn't be read. Their agents are missing. */
  readonly unread: readonly UnreadSubscription[];
}

/** Reads the policies of the subscriptions of these agents and vaults. */
export async function readGuards(
  { policies }: Pick<Azure, 'policies'>,
  resources: readonly ResourceKey[],
  vaults: readonly VaultSummary[],
  now: Date,
): Promise<ReadGuards> {
  const subscriptions = [...new Set([...resources, ...vaults].map(({ id }) => subscriptionOf(id)))].sort();
  const limit = pLimit(atOnce);
  const read = await Promise.all(
    subscriptions.map((id) => limit(async () => ({ id, found: await policies.assigned(id, guardNames) }))),
  );
  const assigned = new Map(read.flatMap(({ id, found }) => (found.ok ? [[id, found.value] as const] : [])));
  const unread = read.flatMap(({ id: subscriptionId, found }) =>
    found.ok ? [] : [{ subscriptionId, failure: found.failure }],
  );
  const byAddress = new Map(vaults.map((vault) => [normalizedVaultUri(vault.uri), vault]));
  const vaultOf = ({ customerKey }: ResourceKey) => {
    const vault = customerKey === null ? undefined : byAddress.get(normalizedVaultUri(customerKey.vaultUri));
    const its = vault === undefined ? undefined : assigned.get(subscriptionOf(vault.id));
    return vault === undefined || its === undefined ? null : { id: vault.id, policies: its };
  };
  const agents = resources.flatMap((one) => {
    const its = assigned.get(subscriptionOf(one.id));
    return its === undefined ? [] : [judgeGuard(one, its, vaultOf(one), now)];
  });
  return { agents, assigned, unread };
}

export async function readFleetGuard(
  { inventory, policies }: Ports,
  policy: Policy,
  now: Date,
): Promise<Outcome<FleetGuard>> {
  const guarded = await readGuarded({ inventory });
  if (!guarded.ok) return guarded;
  const { resources, vaults, unread } = guarded.value;
  const read = await readGuards({ policies }, resources, vaults, now);
  const differences = [...read.assigned].map(([subscriptionId, its]) => {
    const own = resources.filter(({ id }) => subscriptionOf(id) === subscriptionId);
    return differenceIn(subscriptionId, its, permittedVaults(policy, own, vaults));
  });
  return done({
    agents: [...read.agents].sort((a, b) => (a.name < b.name ? -1 : 1)),
    vaults: differences.filter((one) => one !== null),
    unread: [...unread, ...read.unread],
  });
}

/** Null: the policies of the resource's subscription can't be read. */
export async function observeGuard(
  { policies }: Pick<Azure, 'policies'>,
  id: ArmId,
  { to }: KeyChange,
  now: Date,
): Promise<GuardStates | null> {
  const [own, others] = [subscriptionOf(id), subscriptionOf(to.vaultId)];
  const read = policies.assigned(own, guardNames);
  const [its, vaults] = await Promise.all([read, others === own ? read : policies.assigned(others, guardNames)]);
  if (!its.ok) return null;
  const after = { id, name: '', customerKey: { vaultUri: '', keyName: to.keyName, keyVersion: null } };
  const vault = vaults.ok ? { id: to.vaultId, policies: vaults.value } : null;
  return judgeGuard(after, its.value, vault, now).states;
}
