/** Reads whether Azure Policy refuses changes around the bot, by the definitions of `infra/guard`. */
import pLimit from 'p-limit';
import { z } from 'zod';
import denyDelete from '../../infra/guard/deny-delete.json' with { type: 'json' };
import denyForeignVault from '../../infra/guard/deny-foreign-vault.json' with { type: 'json' };
import denyStrip from '../../infra/guard/deny-strip.json' with { type: 'json' };
import { canonicalJson } from '../domain/canonical-json.ts';
import { type ArmId, armIdParts, armTypeOf, isAtOrBelow, sameArmId } from '../domain/ids.ts';
import type { GuardState } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { AssignedPolicies, PolicyAssignment, ResourceKey, UnreadSubscription } from '../domain/ports/inventory.ts';

const files = [denyStrip, denyForeignVault, denyDelete];
const names: readonly string[] = files.map(({ name }) => name);

/** Azure lists only management groups that lie above. */
const covers = (scope: string, id: string): boolean =>
  isAtOrBelow(scope, '/providers/Microsoft.Management/managementGroups') || isAtOrBelow(id, scope);

/** Azure compares without case, and takes `"true"` for `true`. */
const plain = (rule: unknown): string =>
  canonicalJson(
    JSON.parse(JSON.stringify(rule ?? null, (_, value) => (typeof value === 'boolean' ? `${value}` : value))),
  ).toLowerCase();

const OneOf = z.looseObject({ if: z.strictObject({ anyOf: z.array(z.unknown()) }) });
/** A rule refuses whatever one of its parts refuses. Each kind of resource has its own part; older definitions are one part. */
const partsOf = (rule: unknown): readonly unknown[] => {
  const { data } = OneOf.safeParse(rule);
  return data === undefined ? [rule] : data.if.anyOf.map((one) => ({ ...data, if: one }));
};

const Part = z.object({ if: z.object({ allOf: z.array(z.record(z.string(), z.unknown())) }) });
/** `list`: the parameter with the resources that it is for; undefined: for every resource of its types. */
const parts = files.flatMap(({ name, properties }) =>
  partsOf(properties.policyRule).map((part) => {
    const conditions = Part.parse(part).if.allOf;
    const [type, id] = ['type', 'id'].map((field) => conditions.find((one) => one.field === field));
    const types = [type?.equals, type?.in].flat().map((one) => String(one).toLowerCase());
    return { name, types, list: /parameters\('(\w+)'\)/.exec(String(id?.in))?.[1], rule: plain(part) };
  }),
);
type Part = (typeof parts)[number];

/** A changed definition, or an assignment with selectors or overrides, refuses nothing that is known. */
function refuses(
  { name, rule, list }: Part,
  { id: assignmentId, definitionName, definition, scope, notScopes, narrowed, enforced, parameters }: PolicyAssignment,
  { exemptions }: AssignedPolicies,
  { id, now }: { readonly id: ArmId; readonly now: Date },
): boolean {
  if (definitionName.toLowerCase() !== name || !covers(scope, id)) return false;
  if (definition === null || narrowed || !partsOf(definition.rule).map(plain).includes(rule)) return false;
  const listed = list === undefined ? [id] : parameters[list];
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

/** Without a customer-managed key there is none to lose: only what is refused for every resource of the type counts. */
const partsFor = (id: ArmId, hasKey: boolean): readonly Part[] =>
  parts.filter(({ types, list }) => types.includes(armTypeOf(id)) && (hasKey || list === undefined));

function stateOf(id: ArmId, wanted: readonly Part[], policies: AssignedPolicies, now: Date): GuardState {
  const refused = wanted.filter((one) =>
    policies.assignments.some((assignment) => refuses(one, assignment, policies, { id, now })),
  ).length;
  return refused === 0 ? 'none' : refused === wanted.length ? 'all' : 'some';
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
      const wanted = partsFor(id, customerKey !== null);
      const isCounted = customerKey !== null || wanted.length > 0;
      return its?.ok && isCounted ? [{ id, name, state: stateOf(id, wanted, its.value, now) }] : [];
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
  return its.ok ? stateOf(id, partsFor(id, true), its.value, now) : null;
}
