/** A plan: what was observed and what is wished, turned into checks, ordered steps and their effects. */
import { z } from 'zod';
import { Check, checkAll } from './checks.ts';
import { Observation, Wish } from './observed.ts';

export const StepName = z.enum([
  'enable-identity',
  'create-key',
  'grant-key-access',
  'protect-vault',
  'set-cmk',
  'verify',
]);
export type StepName = z.infer<typeof StepName>;

/**
 * The order in which steps are done: a stage starts when all of the plan's steps of earlier stages are done, steps of one
 * stage run side by side. What cannot be undone comes after every step it need not precede.
 */
const stages: Readonly<Record<StepName, number>> = {
  'enable-identity': 1,
  'create-key': 1,
  'grant-key-access': 2,
  'protect-vault': 3,
  'set-cmk': 4,
  verify: 5,
};

/** The steps that must be done before this one may begin. */
export const stepsBefore = (name: StepName, among: readonly StepName[]): readonly StepName[] =>
  among.filter((other) => stages[other] < stages[name]);

/** Groups steps by stage, in order. */
export function stagesOf(names: readonly StepName[]): readonly (readonly StepName[])[] {
  const found = [...new Set(names.map((name) => stages[name]))].sort((a, b) => a - b);
  return found.map((stage) => names.filter((name) => stages[name] === stage));
}

export const Reversibility = z.enum(['reversible', 'irreversible', 'unknown']);
export type Reversibility = z.infer<typeof Reversibility>;

/**
 * One change: afterwards `property` of `target` is `value`. Values born during the run are symbols, such as
 * `principal-of(resource)`. `before` is for people to read and is not part of what is approved.
 */
export const Effect = z.object({
  target: z.string(),
  property: z.string(),
  before: z.string(),
  value: z.string(),
});
export type Effect = z.infer<typeof Effect>;

export const PlannedStep = z.object({
  name: StepName,
  reversibility: Reversibility,
  effects: z.array(Effect),
});
export type PlannedStep = z.infer<typeof PlannedStep>;

export const Plan = z.object({
  schema: z.literal(1),
  tenantId: z.string(),
  policyVersion: z.string(),
  wish: Wish,
  observation: Observation,
  checks: z.array(Check),
  steps: z.array(PlannedStep),
});
export type Plan = z.infer<typeof Plan>;

/** The pure half of a step: what it would change, given what is there. */
export interface StepPlanner {
  readonly name: StepName;
  readonly reversibility: Reversibility;
  /** Empty when nothing is left to do. */
  effects(observation: Observation, wish: Wish): readonly Effect[];
}

/** The symbol that stands for the version of a key that does not exist yet. */
export const firstVersion = 'first-version-of(key)';
/** The symbol that stands for the object id of the agent's system-assigned identity. */
export const resourcePrincipal = 'principal-of(resource)';

export interface PlanContext {
  readonly tenantId: string;
  readonly policyVersion: string;
  readonly now: Date;
}

/** Makes the plan. Steps with nothing to do are left out, but a plan always ends by verifying. */
export function makePlan(
  planners: readonly StepPlanner[],
  observation: Observation,
  wish: Wish,
  context: PlanContext,
): Plan {
  const steps = planners
    .map((planner) => ({
      name: planner.name,
      reversibility: planner.reversibility,
      effects: [...planner.effects(observation, wish)],
    }))
    .filter((step) => step.effects.length > 0 || step.name === 'verify');
  const changes = steps.flatMap((step) => step.effects);
  return {
    schema: 1,
    tenantId: context.tenantId,
    policyVersion: context.policyVersion,
    wish,
    observation,
    checks: [...checkAll(observation, wish, changes, context)],
    steps,
  };
}

export const effectsOf = (plan: Plan): readonly Effect[] => plan.steps.flatMap((step) => step.effects);
export const blocksOf = (plan: Plan): readonly Check[] => plan.checks.filter((check) => check.outcome === 'block');
export const warningsOf = (plan: Plan): readonly Check[] => plan.checks.filter((check) => check.outcome === 'warn');
export const stepsOf = (plan: Plan, reversibility: Reversibility): readonly PlannedStep[] =>
  plan.steps.filter((step) => step.reversibility === reversibility && step.effects.length > 0);

const effectKey = (effect: Effect): string => [effect.target.toLowerCase(), effect.property, effect.value].join('\n');

/** The fact counts: who accepted that a key expires in 2030 did not accept tomorrow. */
const warningKey = ({ code, fact }: Check): string => `${code} ${fact}`;

/** How a request knows the key that it made. */
export interface OwnKey {
  readonly requestId: string | null;
  readonly version: string | null;
}

const isOwn = (key: Observation['key'], own: OwnKey): boolean =>
  key !== null && (key.version === own.version || (own.requestId !== null && key.madeFor === own.requestId));

/** What an approval of one plan does not cover of a plan observed later. All empty: it is covered. */
export interface NotCovered {
  readonly effects: readonly Effect[];
  readonly warnings: readonly Check[];
  readonly blocks: readonly Check[];
  readonly irreversible: readonly PlannedStep[];
}

/**
 * Compares a newly observed plan with the approved one. What was done already needs no cover, so a plan that finds the
 * agent under the wished key is covered, and so is one that finds the key an earlier run of the same request made: known by its version, or by what it says itself.
 */
export function notCovered(
  approved: Plan,
  observed: Plan,
  own: OwnKey = { requestId: null, version: null },
): NotCovered {
  const allowedEffects = new Set(effectsOf(approved).map(effectKey));
  const allowedWarnings = new Set(warningsOf(approved).map(warningKey));
  const allowedIrreversible = new Set(stepsOf(approved, 'irreversible').map((step) => step.name));
  const doneAlready = (check: Check): boolean =>
    check.code === 'already-under-this-key' ||
    (check.code === 'key-name-taken' && isOwn(observed.observation.key, own));
  return {
    effects: effectsOf(observed).filter((effect) => !allowedEffects.has(effectKey(effect))),
    warnings: warningsOf(observed).filter((check) => !allowedWarnings.has(warningKey(check))),
    blocks: blocksOf(observed).filter((check) => !doneAlready(check)),
    irreversible: stepsOf(observed, 'irreversible').filter((step) => !allowedIrreversible.has(step.name)),
  };
}

export const isCovered = (difference: NotCovered): boolean =>
  difference.effects.length + difference.warnings.length + difference.blocks.length + difference.irreversible.length ===
  0;
