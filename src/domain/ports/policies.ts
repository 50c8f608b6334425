/** Azure Policy as far as the guard definitions go: which are assigned, and what is exempt. Read-only. */
import type { Outcome } from '../failure.ts';

/** A definition as Azure has it. `rule` is JSON. */
export interface PolicyDefinition {
  readonly rule: unknown;
  /** Default values of its parameters. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface PolicyAssignment {
  readonly id: string;
  /** Name of its definition, the last part of its ID. */
  readonly definitionName: string;
  /** Null: it can't be read. */
  readonly definition: PolicyDefinition | null;
  readonly scope: string;
  readonly notScopes: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** False: `DoNotEnforce`, which only reports. */
  readonly enforced: boolean;
  /** It has `resourceSelectors` or `overrides`, which can change what it applies to and its effect. */
  readonly narrowed: boolean;
}

export interface PolicyExemption {
  readonly scope: string;
  readonly assignmentId: string;
  /** ISO 8601; null: without end. */
  readonly expires: string | null;
}

export interface AssignedPolicies {
  readonly assignments: readonly PolicyAssignment[];
  readonly exemptions: readonly PolicyExemption[];
}

export interface Policies {
  /**
   * Assignments of definitions with these names that hold in the subscription or in a part of it, inherited ones included, and all
   * exemptions there. Definitions that are assigned in an initiative aren't found. Answers can be a minute old.
   */
  assigned(subscriptionId: string, names: readonly string[]): Promise<Outcome<AssignedPolicies>>;
}
