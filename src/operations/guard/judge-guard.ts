/** Which changes Azure Policy refuses for one agent, by the guard definitions that are assigned. Pure. */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { type AgentGuard, type GuardState, guardStates } from '../../domain/guard.ts';
import { type ArmId, isAtOrBelow, sameArmId } from '../../domain/ids.ts';
import type { ResourceKey } from '../../domain/ports/inventory.ts';
import type { AssignedPolicies, PolicyAssignment } from '../../domain/ports/policies.ts';
import { type GuardDefinition, guardDefinitions } from './template.ts';

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

export function judgeGuard(
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
export function vaultsPermittedIn(policies: AssignedPolicies, subscriptionId: string): readonly string[] | null {
  const found = assignmentsFor('anotherKey', policies, `/subscriptions/${subscriptionId}`);
  return found.length === 0 ? null : found.flatMap((one) => valuesOf(one, 'vaultUris'));
}
