import type { Fault } from '../simulator/fault.ts';
import type { SimulatorState } from '../state/schema.ts';

/** What is set in the state while a scenario is on, and how that is undone. */
export interface Circumstances {
  readonly on: (state: SimulatorState) => void;
  readonly off: (state: SimulatorState) => void;
}

/** Something that happens with Azure, by the name under which tests, the command line and the page choose it. */
export interface Scenario {
  /** Lower case, with dashes. */
  readonly name: string;
  /** What people look for in a list: a few words, no full stop. */
  readonly title: string;
  /** One sentence, for people. */
  readonly does: string;
  readonly faults?: readonly Fault[];
  readonly circumstances?: Circumstances;
}

export interface ScenarioGroup {
  readonly title: string;
  readonly scenarios: readonly Scenario[];
}

/** A write that sets or takes a customer's key. */
export const keyWrite = { method: 'PATCH', url: '/healthBots/', carries: 'properties.keyVaultProperties' } as const;

/** Azure Resource Manager and Key Vault; signing in, the directory and the list of clouds are other services. */
export const armAndVaults = String.raw`^/(subscriptions|providers|keys|deletedkeys|certificates|secrets)\b`;
