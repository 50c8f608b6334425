/** What an operation is: to itself (`Spec`), and to everybody else (`Operation`). */
import type { z } from 'zod';
import type { Check, CheckCode } from '../domain/check.ts';
import type { Outcome } from '../domain/failure.ts';
import type { KeyChange, KeyWork } from '../domain/key-change.ts';
import type { Observation } from '../domain/observed.ts';
import type { OwnKey } from '../domain/own-key.ts';
import { type Plan, planVersion, type StepName } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { ChangeSpec } from '../domain/wish.ts';
import type { CheckContext, PlanContext } from './context.ts';
import type { Form } from './form.ts';
import { observe } from './observe.ts';
import type { Page } from './pages/page.ts';
import { kindNamed } from './resources/registry.ts';
import { steps } from './steps/registry.ts';

/** What people read of an operation, and of no other. Plain text: not yet safe for a card. */
export interface OperationWords {
  /** `Enable a customer-managed key` */
  readonly title: string;
  /** The same before a name: `Enable customer-managed key`. */
  readonly action: string;
  /** What a request is for, in a line that has to do alone: `customer-managed key`. */
  readonly asksFor: string;
  /** The first page's question: `Which agent gets its own key?` */
  readonly question: string;
  /** Of the resource that is chosen: whether it is in the state this is for. */
  readonly verdicts: { readonly fits: string; readonly unfit: string };
  /** On a button beside a resource that it is for: one word. */
  readonly verb: string;
  /** On the button of another operation that leads here. */
  readonly offer: string;
  /** What has to be kept from then on, and what the requester confirms of it. */
  readonly keep: { readonly title: string; readonly text: string; readonly tick: string };
  /** What is true of the change and has to be known before and after; may be empty. */
  readonly notes: (change: KeyChange) => readonly string[];
  /** Why it can be undone, as far as it can; empty where it cannot, or nobody knows. */
  readonly undo: (work: KeyWork) => string;
  /** What follows for the key or version before: until the agent is seen using the new one, and from then on. Missing: nothing. */
  readonly inUse?: { readonly untilSeen: string; readonly onceSeen: string };
  /** Before a name: `Customer-managed key is set`. */
  readonly succeeded: string;
}

interface Typed {
  readonly name: `/${string}`;
  /** One line for the help card and the manifest. */
  readonly description: string;
  /** How to type it with everything it takes. */
  readonly usage: string;
  /** The names that may stand before values; `agent` means `resource`. */
  readonly takes: readonly string[];
}

export interface Spec<Schema extends z.ZodType<ChangeSpec>> {
  readonly name: z.infer<Schema>['operation'];
  readonly typed: Typed;
  readonly wish: Schema;
  readonly words: OperationWords;
  /** The pages that the answers so far lead through, in order. */
  readonly pages: (form: Form) => readonly Page[];
  /** Null while something is still to be chosen. */
  readonly wishOf: (form: Form) => z.infer<Schema> | null;
  /** The answers that come to this wish: what a form holds in which it is asked for once more. */
  readonly answersOf: (wish: z.infer<Schema>) => Form['answers'];
  readonly change: (wish: z.infer<Schema>) => KeyChange;
  /** In order; steps of one stage run side by side. Only these can land in its plans. What cannot be undone comes as late as it can. */
  readonly stages: readonly (readonly StepName[])[];
  /** In the order people read them. */
  readonly checks: (work: KeyWork, context: CheckContext) => readonly Check[];
  /** Which resources it is for, by the key they are under. */
  readonly startsFrom: 'microsofts-key' | 'own-key';
  /** The operation to turn to where one of these blocks says that the resource is not in the state this one is for. */
  readonly instead: { readonly operation: string; readonly where: readonly CheckCode[] };
}

/** The same for every caller: wishes come in as any wish. `Schema` stands in covariant places only, so all fit into one list. */
export interface Operation<Schema extends z.ZodType<ChangeSpec> = z.ZodType<ChangeSpec>> {
  readonly name: string;
  readonly typed: Typed;
  readonly wish: Schema;
  readonly words: OperationWords;
  readonly instead: Spec<Schema>['instead'];
  readonly startsFrom: Spec<Schema>['startsFrom'];
  readonly pages: (form: Form) => readonly Page[];
  readonly wishOf: (form: Form) => ChangeSpec | null;
  readonly answersOf: (wish: ChangeSpec) => Form['answers'];
  readonly change: (wish: ChangeSpec) => KeyChange;
  /** Looks at everything a plan rests on, at once. */
  readonly observe: (azure: Azure, wish: ChangeSpec, own: OwnKey | null) => Promise<Outcome<Observation>>;
  /** Makes the plan. Steps with nothing to do are left out, but a plan always ends by verifying. */
  readonly plan: (wish: ChangeSpec, observed: Observation, context: PlanContext) => Plan;
}

function plannedSteps(stages: readonly (readonly StepName[])[], work: KeyWork): Plan['steps'] {
  return stages
    .flatMap((names, index) => names.map((name) => ({ name, stage: index + 1 })))
    .map(({ name, stage }) => ({
      name,
      stage,
      reversibility: steps[name].reversibility(work),
      effects: [...steps[name].effects(work)],
    }))
    .filter((step) => step.effects.length > 0 || step.name === 'verify');
}

/**
 * Hides what is the operation's own. Its schema narrows at this one door, at run time: a foreign wish throws, and no cast is
 * needed.
 */
export function defineOperation<Schema extends z.ZodType<ChangeSpec>>(spec: Spec<Schema>): Operation<Schema> {
  const { name, typed, wish: schema, words, instead, startsFrom, pages, wishOf } = spec;
  const change = (wish: ChangeSpec): KeyChange => spec.change(schema.parse(wish));
  return {
    ...{ name, typed, wish: schema, words, instead, startsFrom, pages, wishOf, change },
    answersOf: (wish) => spec.answersOf(schema.parse(wish)),
    observe: (azure, wish, own) => observe(azure, wish.resource, change(wish), own),
    plan(wish, observed, context) {
      const { tenantId, policyVersion } = context;
      const work: KeyWork = { resource: wish.resource, observed, ...change(wish) };
      const planned = plannedSteps(spec.stages, work);
      const effects = planned.flatMap((step) => step.effects);
      const checks = [...spec.checks(work, { ...context, effects, kind: kindNamed(wish.resource.kind) })];
      return { schema: planVersion, tenantId, policyVersion, wish, observation: observed, checks, steps: planned };
    },
  };
}
