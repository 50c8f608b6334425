/** Reads whether Azure Policy refuses changes around the bot, by the definitions of `infra/guard`. */
import pLimit from 'p-limit';
import denyDelete from '../../infra/guard/deny-delete.json' with { type: 'json' };
import denyForeignVault from '../../infra/guard/deny-foreign-vault.json' with { type: 'json' };
import denyStrip from '../../infra/guard/deny-strip.json' with { type: 'json' };
import { canonicalJson } from '../domain/canonical-json.ts';
import { type ArmId, armIdParts, armTypeOf, isAtOrBelow, sameArmId } from '../domain/ids.ts';
import type { GuardState } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { AssignedPolicies, PolicyAssignment, ResourceKey, UnreadSubscription } from '../domain/ports/inventory.ts';
import { healthcareAgent } from './resources/healthcare-agent.ts';

/** `list`: the parameter with the resources it is for; null: for every agent. */
const anotherKey = { ...denyForeignVault, list: null };
const definitions = [{ ...denyStrip, list: 'agents' }, anotherKey, { ...denyDelete, list: 'resources' }] as const;
const names: readonly string[] = definitions.map(({ name }) => name);

/** Azure lists only management groups that lie above. */
const covers = (scope: string, id: string): boolean =>
  isAtOrBelow(scope, '/providers/Microsoft.Management/managementGroups') || isAtOrBelow(id, scope);

/** Azure compares without case, and takes `"true"` for `true`. */
const plain = (rule: unknown): string =>
  canonicalJson(
    JSON.parse(JSON.stringify(rule ?? null, (_, value) => (typeof value === 'boolean' ? `${value}` : value))),
  ).toLowerCase();

/** A changed definition, or an assignment with selectors or overrides, refuses nothing that is known. */
function refuses(
  { name, properties, list }: (typeof definitions)[number],
  { id: assignmentId, definitionName, definition, scope, notScopes, narrowed, enforced, parameters }: PolicyAssignment,
  { exemptions }: AssignedPolicies,
  { id, now }: { readonly id: ArmId; readonly now: Date },
): boolean {
  if (definitionName.toLowerCase() !== name || !covers(scope, id)) return false;
  if (definition === null || narrowed || plain(definition.rule) !== plain(properties.policyRule)) return false;
  const listed = list === null ? [id] : parameters[list];
  if (!Array.isArray(listed) || !listed.some((one) => sameArmId(String(one), id))) return false;
  const isExempt = exemptions.some(
    (one) =>
      sameArmId(one.assignmentId, assignmentId) &&
      covers(one.scope, id) &&
      (one.expires === null || Date.parse(one.expires) > now.getTime()),
  );
  if (isExempt || notScopes.some((one) => covers(one, id))) return false;
  const effect = String(parameters.effect ?? definition.defaults.effect ?? '').toLowerCase();
  return enforced && ['deny', 'denyaction'].includes(effect);
}

/** The definitions are about healthcare agents only. One without a customer-managed key has none that can be removed. */
function stateOf(id: ArmId, hasKey: boolean, policies: AssignedPolicies, now: Date): GuardState {
  if (armTypeOf(id) !== healthcareAgent.type.toLowerCase()) return 'none';
  const wanted = hasKey ? definitions : [anotherKey];
  const refused = wanted.filter((one) =>
    policies.assignments.some((assignment) => refuses(one, assignment, policies, { id, now })),
  ).length;
  return refused === wanted.length ? 'all' : refused > 0 ? 'some' : 'none';
}

const subscriptionOf = (id: ArmId): string => armIdParts(id).subscriptionId.toLowerCase();

export interface AgentGuard {
  readonly id: ArmId;
  readonly name: string;
  readonly state: GuardState;
}

export interface ReadGuards {
  readonly agents: readonly AgentGuard[];
  /** Subscriptions whose policies couldn't be read. Their agents are missing. */
  readonly unread: readonly UnreadSubscription[];
}

const atOnce = 8;

export async function readGuards(
  { policies }: Pick<Azure, 'policies'>,
  resources: readonly ResourceKey[],
  now: Date,
): Promise<ReadGuards> {
  const subscriptions = [...new Set(resources.map(({ id }) => subscriptionOf(id)))].sort();
  const limit = pLimit(atOnce);
  const read = await Promise.all(
    subscriptions.map((id) => limit(async () => [id, await policies.assigned(id, names)] as const)),
  );
  const assigned = new Map(read);
  return {
    agents: resources.flatMap(({ id, name, customerKey }) => {
      const its = assigned.get(subscriptionOf(id));
      return its?.ok ? [{ id, name, state: stateOf(id, customerKey !== null, its.value, now) }] : [];
    }),
    unread: read.flatMap(([subscriptionId, its]) => (its.ok ? [] : [{ subscriptionId, failure: its.failure }])),
  };
}

/** What is refused once the resource has its key. Null: the policies of its subscription can't be read. */
export async function observeGuard(
  { policies }: Pick<Azure, 'policies'>,
  id: ArmId,
  now: Date,
): Promise<GuardState | null> {
  const its = await policies.assigned(subscriptionOf(id), names);
  return its.ok ? stateOf(id, true, its.value, now) : null;
}
