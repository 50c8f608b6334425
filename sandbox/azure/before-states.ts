/** The state before each agent's latest change. */

import { isDeepStrictEqual } from 'node:util';
import { agentId, sameId } from './arm/ids.ts';
import type { SimulatorState } from './state/schema.ts';

const snapshotOf = ({ agents, vaults, roleAssignments, roleDefinitions }: SimulatorState) =>
  structuredClone({ agents, vaults, roleAssignments, roleDefinitions });
type Snapshot = ReturnType<typeof snapshotOf>;

/** Holds the state before each agent's latest change, in memory: its writes until one that sets a key succeeds. */
export class BeforeStates {
  /** The state when the last change ended. */
  private quiet: Snapshot;
  private readonly latest = new Map<string, Snapshot>();
  private readonly changing = new Set<string>();
  /** The status of each operation at the last call of `follow`. */
  private readonly counted: Map<string, string>;

  constructor(state: SimulatorState) {
    this.quiet = snapshotOf(state);
    this.counted = new Map(state.operations.map(({ id, status }) => [id, status]));
  }

  follow(state: SimulatorState): void {
    for (const { id, agentId: resource, status, before, triesKey } of state.operations) {
      if (this.counted.get(id) === status) continue;
      const name = resource.toLowerCase().split('/').at(-1) ?? '';
      const content = state.agents.find((agent) => sameId(agentId(agent), resource))?.content;
      // A repeated write changes nothing.
      const isChange = !this.counted.has(id) && !isDeepStrictEqual(content, before);
      if (isChange && !this.changing.has(name)) this.latest.set(name, this.quiet);
      if (isChange) this.changing.add(name);
      this.counted.set(id, status);
      if (!triesKey || status !== 'Succeeded') continue;
      this.changing.delete(name);
      this.quiet = snapshotOf(state);
    }
  }

  /** Returns the state before the latest change of the agent with this name. Without a change: the last quiet state. */
  of = (agentName: string): Snapshot => this.latest.get(agentName.toLowerCase()) ?? this.quiet;
}
