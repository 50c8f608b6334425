import { agentId as idOf, sameId } from '../arm/ids.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { AgentOperation } from '../state/schema-agents.ts';

/** What a comparison needs of a state. */
type Snapshot = Pick<SimulatorState, 'agents' | 'vaults' | 'roleAssignments' | 'roleDefinitions'>;

const snapshotOf = ({ agents, vaults, roleAssignments, roleDefinitions }: SimulatorState): Snapshot =>
  structuredClone({ agents, vaults, roleAssignments, roleDefinitions });

const hasEnded = ({ status }: AgentOperation): boolean => status !== 'Working';
const endedById = ({ operations }: SimulatorState) => new Map(operations.map((one) => [one.id, hasEnded(one)]));

/** Returns false for a repeated write: a retry after a lost answer changes nothing. */
const changes = (operation: AgentOperation, state: SimulatorState): boolean => {
  const agent = state.agents.find((one) => sameId(idOf(one), operation.agentId));
  return JSON.stringify(agent?.content) !== JSON.stringify(operation.before);
};

interface Change {
  readonly before: Snapshot;
  ended: boolean;
}

/**
 * Keeps the state before each agent's latest change since the start.
 * A change starts with the first write after the previous one ended, and ends when a write that sets a key succeeds.
 * Several writes can form one change.
 */
export class BeforeStates {
  /** The state when the last change ended. */
  private quiet: Snapshot;
  /** By the agent's ARM ID in lower case. */
  private readonly changes = new Map<string, Change>();
  /** Operations already counted, with `true` for ended ones. */
  private counted: Map<string, boolean>;

  constructor(state: SimulatorState) {
    this.quiet = snapshotOf(state);
    this.counted = endedById(state);
  }

  /** Starts over after the whole state was replaced. */
  restart(state: SimulatorState): void {
    this.quiet = snapshotOf(state);
    this.counted = endedById(state);
    this.changes.clear();
  }

  /** Detects operations that started or ended since the last call. */
  follow(state: SimulatorState): void {
    for (const operation of state.operations) {
      const { id, agentId, status, triesKey } = operation;
      const counted = this.counted.get(id);
      if (counted === hasEnded(operation)) continue;
      if (counted === undefined && changes(operation, state)) this.begin(agentId);
      this.counted.set(id, hasEnded(operation));
      if (triesKey && status === 'Succeeded') this.end(agentId, state);
    }
  }

  /** Returns the state before the latest change of the agent with this name. Without a change: the last quiet state. */
  of(agentName: string): Snapshot {
    const change = [...this.changes].find(([id]) => id.endsWith(`/${agentName.toLowerCase()}`))?.[1];
    return change?.before ?? this.quiet;
  }

  private begin(agentId: string): void {
    if (this.changes.get(agentId.toLowerCase())?.ended === false) return;
    const agents = this.quiet.agents.filter((one) => sameId(idOf(one), agentId));
    this.changes.set(agentId.toLowerCase(), { before: { ...this.quiet, agents }, ended: false });
  }

  private end(agentId: string, state: SimulatorState): void {
    const change = this.changes.get(agentId.toLowerCase());
    if (change !== undefined) change.ended = true;
    this.quiet = snapshotOf(state);
  }
}
