/** Reads what Azure Policy refuses for every agent, and whether it permits the vaults that the approval policy permits. */
import pLimit from 'p-limit';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { done, type Outcome } from '../../domain/failure.ts';
import {
  type AgentGuard,
  type GuardState,
  type GuardStates,
  guardStates,
  type VaultDifference,
} from '../../domain/guard.ts';
import { type ArmId, armIdParts, isAtOrBelow, sameArmId } from '../../domain/ids.ts';
import type { KeyChange } from '../../domain/key-change.ts';
import { normalizedVaultUri, sameVaultUri } from '../../domain/observed.ts';
import { type Policy, ruleFor } from '../../domain/policy/policy.ts';
import { permitsVault } from '../../domain/policy/rules.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type {
  AssignedPolicies,
  PolicyAssignment,
  ResourceKey,
  UnreadSubscription,
  VaultSummary,
} from '../../domain/ports/inventory.ts';
import { type GuardDefinition, guardDefinitions, guardNames } from './template.ts';

/** Azure lists only management groups that lie above. */
const covers = (scope: string, id: string): boolean =>
  isAtOrBelow(scope, '/providers/Microsoft.Management/managementGroups') || isAtOrBelow(id, scope);

/** Azure compares without case, and takes `"true"` for `true`. */
const plain = (rule: unknown): string =>
  canonicalJson(
    JSON.parse(JSON.stringify(rule ?? null, (_, value) => (typeof value === 'boolean' ? `${value}` : value))),
  ).toLowerCase();

function effectOf({ parameters, definition }: PolicyAssignment): string {
  return String(parameters.effect ?? definition?.defaults.effect ?? '').toLowerCase();
}

const valuesOf = ({ parameters }: PolicyAssignment, name: string): readonly string[] => {
  const value = parameters[name];
  return Array.isArray(value) ? value.map(String) : [];
};

interface Target {
  readonly id: ArmId;
  readonly now: Date;
}

function stateBy(
  kind: GuardDefinition,
  assignment: PolicyAssignment,
  { exemptions }: AssignedPolicies,
  { id, now }: Target,
): GuardState {
  const { properties, list } = guardDefinitions[kind];
  const { definition, narrowed, notScopes } = assignment;
  if (definition === null || narrowed || plain(definition.rule) !== plain(properties.policyRule)) return 'unclear';
  if (list !== null && !valuesOf(assignment, list).some((one) => sameArmId(one, id))) return 'not-listed';
  const isExempt = exemptions.some(
    ({ scope, assignmentId, expires }) =>
      sameArmId(assignmentId, assignment.id) &&
      covers(scope, id) &&
      (expires === null || Date.parse(expires) > now.getTime()),
  );
  if (isExempt || notScopes.some((scope) => covers(scope, id))) return 'exempt';
  const effect = effectOf(assignment);
  if (effect === 'deny' || effect === 'denyaction') return assignment.enforced ? 'refused' : 'audit-only';
  return effect === 'audit' ? 'audit-only' : 'off';
}

const assignmentsFor = (kind: GuardDefinition, policies: AssignedPolicies, id: string): readonly PolicyAssignment[] =>
  policies.assignments.filter(
    ({ definitionName, scope }) => definitionName.toLowerCase() === guardDefinitions[kind].name && covers(scope, id),
  );

/** The strongest of all assignments counts: each refuses for itself. */
function stateOf(kind: GuardDefinition, policies: AssignedPolicies, target: Target): GuardState {
  const states = assignmentsFor(kind, policies, target.id).map((one) => stateBy(kind, one, policies, target));
  return guardStates.find((state) => states.includes(state)) ?? 'not-assigned';
}

/** The vault that holds the agent's key, with the policies of its subscription; null where either isn't known. */
type KeysVault = { readonly id: ArmId; readonly policies: AssignedPolicies } | null;

function judgeGuard(
  { id, name, customerKey }: ResourceKey,
  policies: AssignedPolicies,
  vault: KeysVault,
  now: Date,
): AgentGuard {
  const anotherKey = stateOf('anotherKey', policies, { id, now });
  if (customerKey === null) return { id, name, states: { anotherKey } };
  return {
    id,
    name,
    states: {
      stripping: stateOf('stripping', policies, { id, now }),
      anotherKey,
      deletion: stateOf('deletion', policies, { id, now }),
      vaultDeletion: vault === null ? 'unclear' : stateOf('deletion', vault.policies, { id: vault.id, now }),
    },
  };
}

/** Vault addresses that the assignments for a subscription permit; null: none is assigned there. */
function vaultsPermittedIn(policies: AssignedPolicies, subscriptionId: string): readonly string[] | null {
  const found = assignmentsFor('anotherKey', policies, `/subscriptions/${subscriptionId}`);
  return found.length === 0 ? null : found.flatMap((one) => valuesOf(one, 'vaultUris'));
}

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
