/** What a scenario is: effects on the state, and faults. */

import { errorBody } from '../../http.ts';
import type { Fault } from '../fault.ts';
import type { SimulatorState } from '../state/schema.ts';

/** Changes the state while a scenario is on, and reverts that. */
export interface Circumstances {
  readonly on: (state: SimulatorState) => void;
  readonly off: (state: SimulatorState) => void;
}

type Settings = SimulatorState['settings'];

/** Changes one setting and restores only that one, because several scenarios can be on. */
export const changing = <T, K extends keyof T>(
  settingsIn: (state: SimulatorState) => T,
  name: K,
  value: () => T[K],
  usual: T[K],
): Circumstances => ({
  on: (state) => {
    settingsIn(state)[name] = value();
  },
  off: (state) => {
    settingsIn(state)[name] = usual;
  },
});

export const setting = <K extends keyof Settings>(name: K, value: Settings[K], usual: Settings[K]): Circumstances =>
  changing(
    ({ settings }) => settings,
    name,
    () => value,
    usual,
  );

/** A failure or situation in Azure that tests, the command line and the page can turn on by name. */
export interface Scenario {
  /** Lower case, with hyphens. */
  readonly name: string;
  readonly title: string;
  readonly does: string;
  readonly faults?: readonly Fault[];
  readonly circumstances?: Circumstances;
}

export interface ScenarioGroup {
  readonly title: string;
  readonly scenarios: Readonly<Record<string, Omit<Scenario, 'name' | 'title' | 'does'>>>;
}

/** A scenario in which the simulator answers instead of Azure Resource Manager, which does nothing. */
export const refuses = (
  fault: Pick<Fault, 'match' | 'times'>,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Pick<Scenario, 'faults'> => ({
  faults: [{ ...fault, respond: { status, headers, body: errorBody(code, message) } }],
});

/** Matches a write that sets or removes a customer-managed key. */
export const keyWrite = { method: 'PATCH', url: '/healthBots/', carries: 'properties.keyVaultProperties' } as const;

/** Matches Azure Resource Manager and Key Vault, but not sign-in, directory and cloud metadata. */
export const armAndVaults = String.raw`^/(subscriptions|providers|keys|deletedkeys|certificates|secrets)\b`;
