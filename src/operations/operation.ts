/** Operations: what each one defines (`OperationDefinition`), and what the rest of the code sees (`Operation`). */
import type { z } from 'zod';
import type { Check, PlanContext } from '../domain/check.ts';
import type { KeyChange, KeyWork } from '../domain/key-change.ts';
import type { OwnKey } from '../domain/key-ownership.ts';
import type { Observation, ObservedResource } from '../domain/observed.ts';
import { type ChangeSpec, type Plan, planVersion, type StepName } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/resource-kind.ts';
import type { Form } from './form.ts';
import { observe } from './observe.ts';
import type { Page } from './pages/page.ts';
import { kindNamed } from './resources/registry.ts';
import type { OperationContext } from './resources/rights.ts';
import { steps } from './steps/registry.ts';

/** Texts of one operation. Plain text, not yet escaped for cards. */
export interface OperationWords {
  /** `Enable a customer-managed key` */
  readonly title: string;
  /** Before a name: `Enable customer-managed key`. */
  readonly action: string;
  /** Subject of a request, in a line without context: `customer-managed key`. */
  readonly asksFor: string;
  /** Question on the first page: `Which agent gets its own key?` */
  readonly question: string;
  /** Whether the chosen resource is in the right state for this operation. */
  readonly verdicts: { readonly fits: string; readonly unfit: string };
  /** Button label next to a resource: one word. */
  readonly verb: string;
  /** Label of the button in another operation that switches to this one. */
  readonly offer: string;
  /** What must be preserved after the change, and the requester's confirmation. */
  readonly keep: (kind: ResourceKind, change: KeyChange) => ResourceKind['keep'];
  /** Notes to read before and after the change; can be empty. */
  readonly notes: (change: KeyChange) => readonly string[];
  /** Why the change can be undone; empty: it can't, or that is unknown. */
  readonly undo: (work: KeyWork) => string;
  /** What applies to the previous key version until the new one is in use, and after that. Missing: nothing. */
  readonly inUse?: { readonly untilSeen: string; readonly onceSeen: string };
  /** Before a name: `Customer-managed key is set`. */
  readonly succeeded: string;
}

interface Typed {
  readonly name: `/${string}`;
  /** One line for the help card and the manifest. */
  readonly description: string;
  /** Syntax with all arguments. */
  readonly usage: string;
  /** Argument names; `agent` means `resource`. */
  readonly takes: readonly string[];
}

export interface OperationDefinition<Schema extends z.ZodType<ChangeSpec>> {
  readonly name: z.infer<Schema>['operation'];
  readonly typed: Typed;
  readonly schema: Schema;
  readonly words: OperationWords;
  /** The pages for the answers so far, in order. */
  readonly pages: (form: Form) => readonly Page[];
  /** The requested change; null: something isn't chosen yet. */
  readonly specOf: (form: Form) => z.infer<Schema> | null;
  /** The form answers that produce this change, for requesting it again. */
  readonly answersOf: (spec: z.infer<Schema>) => Form['answers'];
  readonly change: (spec: z.infer<Schema>) => KeyChange;
  /** Reads what its checks need besides; missing: nothing. */
  readonly observes?: (azure: Azure, seen: Observation, change: KeyChange, now: Date) => Promise<Observation>;
  /**
   * In order; steps of one stage run in parallel. Plans contain only these steps. Irreversible steps come as late as possible.
   */
  readonly stages: readonly (readonly StepName[])[];
  /** In display order. */
  readonly checks: (work: KeyWork, context: OperationContext) => readonly Check[];
  /** Which resources it applies to, by their current key. */
  readonly startsFrom: 'microsofts-key' | 'own-key' | 'either';
  /** The operation to suggest if this one can't go on from the resource's current key. */
  readonly instead: string;
}

/** An operation as its callers see it. `Schema` is used in covariant positions only, so all operations fit in one list. */
export interface Operation<Schema extends z.ZodType<ChangeSpec> = z.ZodType<ChangeSpec>> {
  readonly name: string;
  readonly typed: Typed;
  readonly schema: Schema;
  readonly words: OperationWords;
  readonly instead: string;
  readonly startsFrom: OperationDefinition<Schema>['startsFrom'];
  readonly pages: (form: Form) => readonly Page[];
  readonly specOf: (form: Form) => ChangeSpec | null;
  readonly answersOf: (spec: ChangeSpec) => Form['answers'];
  readonly change: (spec: ChangeSpec) => KeyChange;
  /** Reads everything that a plan depends on, in parallel. Throws an `AzureFailure`. */
  readonly observe: (azure: Azure, spec: ChangeSpec, own: OwnKey | null) => Promise<Observation>;
  /** Steps without effects are left out, but a plan always ends with `verify`. */
  readonly plan: (spec: ChangeSpec, observed: Observation, context: PlanContext) => Plan;
}

/** Returns whether the operation starts from the resource's current key, Microsoft-managed or customer-managed. */
export const isFor = ({ startsFrom }: Operation, { customerKey }: ObservedResource): boolean =>
  startsFrom === 'either' || (startsFrom === 'microsofts-key') === (customerKey === null);

function plannedSteps(stages: readonly (readonly StepName[])[], work: KeyWork, kind: ResourceKind): Plan['steps'] {
  return stages
    .flatMap((names, index) => names.map((name) => ({ name, stage: index + 1 })))
    .map(({ name, stage }) => ({
      name,
      stage,
      reversibility: steps[name].reversibility(work, kind),
      effects: [...steps[name].effects(work)],
    }))
    .filter((step) => step.effects.length > 0 || step.name === 'verify');
}

/**
 * Hides the operation's own types. Its schema validates each change spec at run time: a foreign one throws, and no cast is
 * needed.
 */
export function defineOperation<Schema extends z.ZodType<ChangeSpec>>(
  definition: OperationDefinition<Schema>,
): Operation<Schema> {
  const { name, typed, schema, words, instead, startsFrom, pages, specOf } = definition;
  const change = (spec: ChangeSpec): KeyChange => definition.change(schema.parse(spec));
  return {
    name,
    typed,
    schema,
    words,
    instead,
    startsFrom,
    pages,
    specOf,
    change,
    answersOf: (spec) => definition.answersOf(schema.parse(spec)),
    async observe(azure, spec, own) {
      const seen = await observe(azure, spec.resource, change(spec), own);
      return definition.observes?.(azure, seen, change(spec), new Date()) ?? seen;
    },
    plan(spec, observed, context) {
      const { tenantId, policyVersion } = context;
      const work: KeyWork = { resource: spec.resource, observed, ...change(spec) };
      const kind = kindNamed(spec.resource.kind);
      const planned = plannedSteps(definition.stages, work, kind);
      const effects = planned.flatMap((step) => step.effects);
      const checks = [...definition.checks(work, { ...context, effects, kind })];
      return {
        schema: planVersion,
        tenantId,
        policyVersion,
        spec,
        observation: observed,
        checks,
        steps: planned,
      };
    },
  };
}
