import type { Fault } from '../simulator/fault.ts';
import { addFaults, removeFaults } from '../simulator/faults.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Scenario } from './scenario.ts';
import { scenarioGroups, scenarios } from './scenarios.ts';

const idOf = ({ name }: Scenario, index: number): string => (index === 0 ? name : `${name} ${index + 1}`);

const faultsOf = (scenario: Scenario): readonly Fault[] =>
  (scenario.faults ?? []).map((fault, index) => ({ ...fault, id: idOf(scenario, index) }));

/** Its faults that are still there; what was counted and is used up is not. */
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

/** For the page: what there is, what it does, and whether it is on. `left` counts down where it is counted. */
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
