import type { Fault } from '../simulator/fault.ts';
import { addFaults, removeFaults } from '../simulator/faults.ts';
import type { SimulatorState } from '../state/schema.ts';
import { answers, signIn } from './answers.ts';
import { logs } from './logs.ts';
import { operations } from './operations.ts';
import { rights } from './rights.ts';
import type { Scenario, ScenarioGroup } from './scenario.ts';
import { vaults } from './vaults.ts';
import { wordsOf } from './words.ts';

/** All scenarios, in display order. */
const groups: readonly ScenarioGroup[] = [operations, rights, vaults, logs, signIn, answers];
export const scenarioGroups = groups.map(({ title, scenarios: effects }) => ({
  title,
  scenarios: Object.entries(effects).map(([name, effect]): Scenario => ({ name, ...wordsOf(name), ...effect })),
}));

export const scenarios: readonly Scenario[] = scenarioGroups.flatMap((group) => group.scenarios);

/** Returns the scenarios with these names. For an unknown name, returns an error text with all names. */
export const scenariosNamed = (names: readonly string[]): readonly Scenario[] | string => {
  const unknown = names.filter((name) => scenarios.every((one) => one.name !== name));
  if (unknown.length === 0) return scenarios.filter(({ name }) => names.includes(name));
  return `There is no scenario ${unknown.join(', ')}. There are: ${scenarios.map(({ name }) => name).join(', ')}.`;
};

/** The same for the command line, where `none` means no scenario. */
export const chosenScenarios = (names: readonly string[]): readonly Scenario[] | string =>
  scenariosNamed(names.filter((name) => name !== 'none'));

const widest = Math.max(...scenarios.map(({ name }) => name.length));

/** One line for each scenario. */
export const scenarioHelp = scenarios.map(({ name, does }) => `  ${name.padEnd(widest)}  ${does}`).join('\n');

const idOf = ({ name }: Scenario, index: number): string => (index === 0 ? name : `${name} ${index + 1}`);

const faultsOf = (scenario: Scenario): readonly Fault[] =>
  (scenario.faults ?? []).map((fault, index) => ({ ...fault, id: idOf(scenario, index) }));

/** Returns the scenario's remaining faults; used-up ones are removed. */
const left = (state: SimulatorState, scenario: Scenario): readonly Fault[] => {
  const ids = faultsOf(scenario).map(({ id }) => id);
  return state.faults.filter(({ id }) => ids.includes(id));
};

const isOn = (state: SimulatorState, scenario: Scenario): boolean =>
  scenario.circumstances === undefined ? left(state, scenario).length > 0 : state.circumstances.includes(scenario.name);

export const turnOn = (state: SimulatorState, scenario: Scenario): void => {
  addFaults(state, faultsOf(scenario));
  if (scenario.circumstances === undefined || isOn(state, scenario)) return;
  scenario.circumstances.on(state);
  state.circumstances.push(scenario.name);
};

export const turnOff = (state: SimulatorState, scenario: Scenario, now: Date): void => {
  for (const { id } of faultsOf(scenario)) removeFaults(state, id ?? null, now);
  if (scenario.circumstances === undefined || !isOn(state, scenario)) return;
  scenario.circumstances.off(state);
  state.circumstances = state.circumstances.filter((name) => name !== scenario.name);
};

export const turnAllOff = (state: SimulatorState, now: Date): void => {
  for (const scenario of scenarios) turnOff(state, scenario, now);
};

/** For the page: name, effect and state of each scenario. `left` counts down the remaining uses. */
export const scenarioList = (state: SimulatorState) =>
  scenarioGroups.map(({ title, scenarios: inGroup }) => ({
    title,
    scenarios: inGroup.map((scenario) => ({
      name: scenario.name,
      title: scenario.title,
      does: scenario.does,
      on: isOn(state, scenario),
      left: left(state, scenario).find(({ times }) => times !== undefined)?.times ?? null,
    })),
  }));
