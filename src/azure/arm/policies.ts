/**
 * Assignments, definitions and exemptions of Azure Policy (Microsoft.Authorization 2023-04-01; exemptions 2022-07-01-preview).
 * A list at a subscription holds what applies to it, also from management groups, and what is assigned inside it.
 */
import { z } from 'zod';
import { done } from '../../domain/failure.ts';
import type { Policies, PolicyAssignment, PolicyDefinition } from '../../domain/ports/inventory.ts';
import { brief, type Connection } from '../connection/connection.ts';
import { inParallel } from '../connection/limits.ts';
import { lastPart } from './resource-ids.ts';

const version = 'api-version=2023-04-01';
const exemptionVersion = 'api-version=2022-07-01-preview';

const list = z
  .array(z.unknown())
  .nullish()
  .transform((all) => all ?? []);

const Assignment = z.object({
  id: z.string(),
  properties: z.object({
    policyDefinitionId: z.string(),
    scope: z.string(),
    notScopes: z
      .array(z.string())
      .nullish()
      .transform((all) => all ?? []),
    parameters: z.record(z.string(), z.object({ value: z.unknown().optional() })).nullish(),
    enforcementMode: z.string().nullish(),
    resourceSelectors: list,
    overrides: list,
  }),
});
type Assignment = z.infer<typeof Assignment>;

const Definition = z.object({
  properties: z.object({
    policyRule: z.unknown().optional(),
    parameters: z.record(z.string(), z.looseObject({ defaultValue: z.unknown().optional() })).nullish(),
  }),
});

const Exemption = z.object({
  id: z.string(),
  properties: z.object({ policyAssignmentId: z.string(), expiresOn: z.string().nullish() }),
});

/** It becomes part of an address: nothing in it may lead elsewhere. */
const definitionId =
  /^(\/subscriptions\/[0-9a-f-]{36}|\/providers\/Microsoft\.Management\/managementGroups\/[\w().-]{1,90})\/providers\/Microsoft\.Authorization\/policyDefinitions\/[\w.-]{1,64}$/i;

const scopeOf = (id: string): string => id.split(/\/providers\/Microsoft\.Authorization\/policyExemptions\//i)[0] ?? '';

const defaultsIn = (parameters: z.infer<typeof Definition>['properties']['parameters']) =>
  Object.fromEntries(Object.entries(parameters ?? {}).map(([name, { defaultValue }]) => [name, defaultValue]));

/** One that is gone or that the bot doesn't have permission to read is null. */
async function definitionAt(connection: Connection, id: string): Promise<PolicyDefinition | null> {
  if (!definitionId.test(id)) return null;
  const read = await connection.call(
    `reading policy definition ${lastPart(id)}`,
    async (clients) => {
      const { policyRule, parameters } = Definition.parse(await clients.plain.read(`${id}?${version}`)).properties;
      return { rule: policyRule, defaults: defaultsIn(parameters) };
    },
    brief,
  );
  return read.ok ? read.value : null;
}

const assignmentOf = ({ id, properties }: Assignment, definition: PolicyDefinition | null): PolicyAssignment => ({
  id,
  definitionName: lastPart(properties.policyDefinitionId),
  definition,
  scope: properties.scope,
  notScopes: properties.notScopes,
  parameters: Object.fromEntries(Object.entries(properties.parameters ?? {}).map(([name, one]) => [name, one.value])),
  enforced: properties.enforcementMode?.toLowerCase() !== 'donotenforce',
  narrowed: properties.resourceSelectors.length + properties.overrides.length > 0,
});

/** What was read is kept so long: a person's pages and the run that follows read the same few lists. */
const keptMs = 60_000;

type Read = ReturnType<Policies['assigned']>;

/** Failures aren't kept. */
function keeping(read: Policies['assigned']): Policies['assigned'] {
  const kept = new Map<string, { readonly at: number; readonly answer: Read }>();
  return async (subscriptionId, names) => {
    const key = [subscriptionId.toLowerCase(), ...names].join(' ');
    const before = kept.get(key);
    if (before !== undefined && performance.now() - before.at < keptMs) return before.answer;
    const answer = read(subscriptionId, names);
    kept.set(key, { at: performance.now(), answer });
    const found = await answer;
    if (!found.ok) kept.delete(key);
    return found;
  };
}

export function armPolicies(connection: Connection): Policies {
  const listed = (subscriptionId: string, type: string, query: string) =>
    `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.Authorization/${type}?${query}`;
  return {
    assigned: keeping(async (subscriptionId, names) => {
      const list = <T>(type: string, query: string, shape: z.ZodType<T>) =>
        connection.call(
          `reading the policies of subscription ${subscriptionId}`,
          (clients) => clients.plain.listAll(listed(subscriptionId, type, query), shape),
          brief,
        );
      const [assigned, exempt] = await Promise.all([
        list('policyAssignments', version, Assignment),
        list('policyExemptions', exemptionVersion, Exemption),
      ]);
      if (!assigned.ok) return assigned;
      if (!exempt.ok) return exempt;
      const wanted = new Set(names.map((name) => name.toLowerCase()));
      const assignments = assigned.value.filter(({ properties }) =>
        wanted.has(lastPart(properties.policyDefinitionId).toLowerCase()),
      );
      const ids = [...new Set(assignments.map(({ properties }) => properties.policyDefinitionId))];
      const found = await inParallel(ids, async (id) => [id, await definitionAt(connection, id)] as const);
      const definitions = new Map(found);
      return done({
        assignments: assignments.map((one) =>
          assignmentOf(one, definitions.get(one.properties.policyDefinitionId) ?? null),
        ),
        exemptions: exempt.value.map(({ id, properties }) => ({
          scope: scopeOf(id),
          assignmentId: properties.policyAssignmentId,
          expires: properties.expiresOn ?? null,
        })),
      });
    }),
  };
}
