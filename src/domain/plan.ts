/** A plan: the checks, ordered steps and effects for a requested change, given Azure's state. */
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { Check, traitsOf } from './check.ts';
import { type ControlChange, controlNotCovered, identityNotCovered } from './control-change.ts';
import { approvedPart, Effect } from './effect.ts';
import { ArmId, sameArmId } from './ids.ts';
import { Observation, type RecreatedObject, replacedSince } from './observed.ts';

export const StepName = z.enum([
  'enable-identity',
  'make-key-version',
  'recover-key',
  'enable-key-version',
  'disable-key-version',
  'grant-key-access',
  'protect-vault',
  'set-cmk',
  'verify',
]);
export type StepName = z.infer<typeof StepName>;

export const Reversibility = z.enum(['reversible', 'irreversible', 'unknown']);
export type Reversibility = z.infer<typeof Reversibility>;

/** A step of a plan. Steps of one `stage` run in parallel, after all steps of earlier stages are done. */
export const PlannedStep = z.strictObject({
  name: StepName,
  stage: z.number().int().min(1),
  reversibility: Reversibility,
  effects: z.array(Effect),
});
export type PlannedStep = z.infer<typeof PlannedStep>;

/** Version of the plan format. Additions are optional fields and don't raise it. Plans of other versions can't be read. */
export const planVersion = 1;

/**
 * Builds the schema of stored plans from the union of change specs. It's strict at every level, so unknown data is rejected.
 */
export const planSchema = <W extends z.ZodType<ChangeSpec>>(spec: W) =>
  z.strictObject({
    schema: z.literal(planVersion),
    tenantId: z.string(),
    policyVersion: z.string(),
    spec,
    observation: Observation,
    checks: z.array(Check),
    steps: z.array(PlannedStep),
  });
export type Plan = z.infer<ReturnType<typeof planSchema<z.ZodType<ChangeSpec>>>>;

export function stepsBefore(name: StepName, steps: readonly PlannedStep[]): readonly StepName[] {
  const stage = steps.find((step) => step.name === name)?.stage ?? 0;
  return steps.filter((step) => step.stage < stage).map((step) => step.name);
}

export function stagesOf({ steps }: Pick<Plan, 'steps'>): readonly (readonly StepName[])[] {
  const stages = [...new Set(steps.map(({ stage }) => stage))].sort((a, b) => a - b);
  return stages.map((stage) => steps.filter((step) => step.stage === stage).map(({ name }) => name));
}

export const effectsOf = (plan: Plan): readonly Effect[] => plan.steps.flatMap((step) => step.effects);
export const blocksOf = (plan: Plan): readonly Check[] => plan.checks.filter((check) => check.outcome === 'block');
export const warningsOf = (plan: Plan): readonly Check[] => plan.checks.filter((check) => check.outcome === 'warn');
export const stepsOf = (plan: Plan, reversibility: Reversibility): readonly PlannedStep[] =>
  plan.steps.filter((step) => step.reversibility === reversibility && step.effects.length > 0);

const effectKey = (effect: Effect): string => canonicalJson(approvedPart(effect));

/** Includes the fact: accepting that a key expires in 2030 doesn't accept that it expires tomorrow. */
const warningKey = ({ code, fact }: Check): string => canonicalJson({ code, fact });

/** Parts of a newer plan that an earlier approval doesn't cover. It's covered if all are empty. */
export interface NotCovered {
  readonly effects: readonly Effect[];
  readonly warnings: readonly Check[];
  readonly blocks: readonly Check[];
  readonly irreversible: readonly PlannedStep[];
  /** Deleted and created again under the same name, so people approved a different resource or vault. */
  readonly replaced: readonly RecreatedObject[];
  /** New controllers of the key, controllers with more powers, another location of the vault, or another identity. */
  readonly control: readonly ControlChange[];
}

/**
 * Compares a newly observed plan with the approved one. Finished changes are no effects any more. When the operation plans
 * for a run, it recognizes the request's own changes and doesn't block on them.
 */
export function notCovered(approved: Plan, observed: Plan): NotCovered {
  const allowedEffects = new Set(effectsOf(approved).map(effectKey));
  const allowedWarnings = new Set(warningsOf(approved).map(warningKey));
  const allowedIrreversible = new Set(stepsOf(approved, 'irreversible').map((step) => step.name));
  return {
    effects: effectsOf(observed).filter((effect) => !allowedEffects.has(effectKey(effect))),
    warnings: warningsOf(observed).filter((check) => !allowedWarnings.has(warningKey(check))),
    blocks: blocksOf(observed),
    irreversible: stepsOf(observed, 'irreversible').filter((step) => !allowedIrreversible.has(step.name)),
    replaced: replacedIn(approved.observation, observed.observation),
    control: [
      ...identityNotCovered(approved.observation, observed.observation),
      ...controlNotCovered(approved.observation, observed.observation),
    ],
  };
}

const replacedIn = (approved: Observation, now: Observation): readonly RecreatedObject[] =>
  [
    sameArmId(approved.resource.id, now.resource.id)
      ? replacedSince('resource', approved.resource, now.resource)
      : null,
    sameArmId(approved.vault.id, now.vault.id) ? replacedSince('vault', approved.vault, now.vault) : null,
  ].filter((one) => one !== null);

export const isCovered = ({ warnings, ...difference }: NotCovered): boolean =>
  warnings.every((check) => traitsOf(check).aboutOthers === true) &&
  Object.values(difference).every((part) => part.length === 0);

export const ResourceRef = z.strictObject({ kind: z.string(), id: ArmId });
export type ResourceRef = z.infer<typeof ResourceRef>;

/**
 * The common fields of every change spec. The operations' registry builds the closed union, so the domain names no
 * operation. Readers of stored events get the union's schema as an argument.
 */
export interface ChangeSpec {
  readonly operation: string;
  readonly resource: ResourceRef;
}
