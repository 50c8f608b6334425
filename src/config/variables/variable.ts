/** What is said of a variable beside what it may be: the table in docs/configuration.md and `.env.example` are made from it. */
import type { Environment } from '../environment.ts';

export interface Setting {
  /** Variables that mean one thing together, each with an example that the schema takes. */
  readonly names: Readonly<Partial<Record<keyof Environment, string>>>;
  /** One sentence, in Markdown. */
  readonly meaning: string;
  /** Its line in `.env.example` is no comment: each bot has a value of its own. */
  readonly mustBeSet?: true;
}

export interface VariableGroup {
  readonly title: string;
  readonly settings: readonly Setting[];
}
