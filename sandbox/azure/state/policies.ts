/** Azure Policy as it is stored: the supported part of its language, assignments and exemptions. */

import { z } from 'zod';

const Value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** The supported part of Azure's policy language. Rules with other members are refused. */
export const FieldTest = z.strictObject({
  field: z.string(),
  equals: Value.optional(),
  notEquals: Value.optional(),
  in: Value.optional(),
  notIn: Value.optional(),
  exists: z.union([z.boolean(), z.stringbool()]).optional(),
});
export type FieldTest = z.infer<typeof FieldTest>;

export type Condition =
  | { readonly allOf: readonly Condition[] }
  | { readonly anyOf: readonly Condition[] }
  | { readonly not: Condition }
  | FieldTest;
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ allOf: z.array(Condition) }),
    z.strictObject({ anyOf: z.array(Condition) }),
    z.strictObject({ not: Condition }),
    FieldTest,
  ]),
);

const Parameter = z.looseObject({ type: z.string(), defaultValue: Value.optional() });

/**
 * A policy that needs a token. `successProbability` is that of the kind `CoinFlip` (recalled). What makes Azure ask for a change
 * reference isn't documented: here a detail does.
 */
const ExternalEvaluation = z.looseObject({
  endpointSettings: z.object({
    kind: z.literal('CoinFlip'),
    details: z.object({
      successProbability: z.union([z.literal(0), z.literal(1)]),
      changeReferenceRequired: z.boolean().default(false),
    }),
  }),
  missingTokenAction: z.string().default('deny'),
  /** ISO 8601. */
  resultLifespan: z.string().default('PT1H'),
});

export const PolicyDefinition = z.object({
  /** The full ARM ID; a built-in one starts with `/providers`. */
  id: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  /** `Indexed` evaluates only resources with tags and a location. */
  mode: z.enum(['All', 'Indexed']),
  parameters: z.record(z.string(), Parameter).default({}),
  // biome-ignore lint/suspicious/noThenProperty: the language's own word
  policyRule: z.strictObject({ if: Condition, then: z.looseObject({ effect: z.string() }) }),
  externalEvaluationEnforcementSettings: ExternalEvaluation.optional(),
});
export type PolicyDefinition = z.infer<typeof PolicyDefinition>;

export const PolicyAssignment = z.object({
  name: z.string(),
  scope: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  policyDefinitionId: z.string(),
  parameters: z.record(z.string(), z.object({ value: Value })).default({}),
  notScopes: z.array(z.string()).default([]),
  enforcementMode: z.enum(['Default', 'DoNotEnforce']).default('Default'),
  /** With a message, a refusal gives it as the reason, and has the policies' IDs only in its details. */
  nonComplianceMessages: z.array(z.looseObject({ message: z.string() })).default([]),
});
export type PolicyAssignment = z.infer<typeof PolicyAssignment>;

/** Lifts an assignment at a scope, until a time where one is given (Microsoft, "Azure Policy exemption structure"). */
export const PolicyExemption = z.object({
  name: z.string(),
  scope: z.string(),
  policyAssignmentId: z.string(),
  exemptionCategory: z.enum(['Waiver', 'Mitigated']),
  expiresOn: z.iso.datetime({ offset: true }).optional(),
  displayName: z.string().optional(),
});
export type PolicyExemption = z.infer<typeof PolicyExemption>;
