/** One row of the catalogue of failures: what happens with Azure, who meets it, and where that has to end. */

import { type Scenario, scenariosNamed } from '../../../sandbox/azure/scenarios.ts';
import type { StepName } from '../../../src/domain/plan.ts';
import type { ConnectChoices } from '../../contract/azure-setup.ts';
import type { AzureUnderRun, WishName } from './azure-under-run.ts';
import type { Approved } from './run-under-trouble.ts';

export type Ends = 'continues' | 'needs attention' | 'is refused';

/** What a look for a person came to, in the words that the person gets. */
export interface Looked {
  readonly ends: Ends;
  readonly code: string | null;
  readonly says: string;
  readonly remedy: string;
}

type Do = (azure: AzureUnderRun, approved: Approved) => Promise<void>;

interface Row {
  /** A scenario's own sentence, or one like it. */
  readonly what: string;
  readonly scenario: string | null;
  readonly ends: Ends;
  /** Of the last failure; null: none came through to the run. */
  readonly code: string | null;
  /** Azure takes long by itself: met beside the others. */
  readonly apart?: true;
}

export interface RunRow extends Row {
  readonly kind: 'run';
  /** The look before the first change, or a step. */
  readonly at: 'check' | StepName;
  /** Where the trouble begins, when that is earlier. */
  readonly from?: 'check' | StepName;
  readonly wish?: WishName;
  /** Before people ask. */
  readonly before?: (azure: AzureUnderRun) => Promise<void>;
  readonly bring: Do;
  /** What happens as well, ahead of the step's second attempt. */
  readonly later?: Do;
  /** Retry has to put it right by itself. */
  readonly retries?: true;
  readonly choices?: ConnectChoices;
  /** As much time as the run waits passes in Azure too. */
  readonly timePasses?: true;
}

export interface LookRow extends Row {
  readonly kind: 'look';
  /** Who looks: `the review`. */
  readonly by: string;
  readonly look: (azure: AzureUnderRun) => Promise<Looked>;
}

export type FailureRow = RunRow | LookRow;

export interface FailureGroup {
  readonly title: string;
  readonly rows: readonly FailureRow[];
}

function scenarioNamed(name: string): Scenario {
  const [scenario] = scenariosNamed([name]);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

type Given<T extends Row> = Omit<T, 'kind' | 'what' | 'scenario' | 'bring'> & {
  /** In place of the scenario's own sentence. */
  readonly what?: string;
};

type RestOfRun = Partial<Given<RunRow> & Pick<RunRow, 'bring'>>;

/** Where the trouble is met, what of it comes through, and what else there is to the row. */
export const goesOn = (at: RunRow['at'], code: string | null = null, more: RestOfRun = {}) =>
  ({ ...more, at, code, ends: 'continues' }) as const;
export const asks = (at: RunRow['at'], code: string | null, more: RestOfRun = {}) =>
  ({ ...more, at, code, ends: 'needs attention' }) as const;
export const refused = (by: string, code: string, looksAt: LookRow['look']) =>
  ({ by, code, look: looksAt, ends: 'is refused' }) as const;

export const run = (what: string, bring: Do, row: Given<RunRow>): RunRow => ({
  ...row,
  kind: 'run',
  what,
  scenario: null,
  bring,
});

/** A scenario, turned on when the run comes to a place. */
export const runUnder = (name: string, row: Given<RunRow> & { readonly bring?: Do }): RunRow => ({
  ...run(row.what ?? scenarioNamed(name).does, row.bring ?? ((azure) => azure.turnOn(name)), row),
  scenario: name,
});

export const look = (what: string, row: Given<LookRow>): LookRow => ({ ...row, kind: 'look', what, scenario: null });

export const lookUnder = (name: string, row: Given<LookRow>): LookRow => ({
  ...look(row.what ?? scenarioNamed(name).does, row),
  scenario: name,
  look: async (azure) => {
    await azure.turnOn(name);
    return row.look(azure);
  },
});
