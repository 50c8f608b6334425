import { answers } from './answers.ts';
import { logs } from './logs.ts';
import { operations } from './operations.ts';
import { rights } from './rights.ts';
import type { Scenario, ScenarioGroup } from './scenario.ts';
import { signIn } from './sign-in.ts';
import { vaults } from './vaults.ts';

/** Everything that can be made to happen, in the order in which people see it. */
export const scenarioGroups: readonly ScenarioGroup[] = [operations, rights, vaults, logs, signIn, answers];

export const scenarios: readonly Scenario[] = scenarioGroups.flatMap((group) => group.scenarios);

/** The scenarios of these names or, where one is unknown, a sentence that says which and lists those that there are. */
export const scenariosNamed = (names: readonly string[]): readonly Scenario[] | string => {
  const unknown = names.filter((name) => scenarios.every((one) => one.name !== name));
  if (unknown.length === 0) return scenarios.filter(({ name }) => names.includes(name));
  return `There is no scenario ${unknown.join(', ')}. There are: ${scenarios.map(({ name }) => name).join(', ')}.`;
};

/** As the command line names them: `none` stands for no scenario at all. */
export const chosenScenarios = (names: readonly string[]): readonly Scenario[] | string =>
  scenariosNamed(names.filter((name) => name !== 'none'));

const widest = Math.max(...scenarios.map(({ name }) => name.length));

/** A line each. */
export const scenarioHelp = scenarios.map(({ name, does }) => `  ${name.padEnd(widest)}  ${does}`).join('\n');
