import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { agentId as idOf, sameId } from '../arm/ids.ts';
import { type SimulatorState, SimulatorState as State } from '../state/schema.ts';
import type { AgentOperation } from '../state/schema-agents.ts';
import { replaceFile } from '../state/state-file.ts';

/** The parts of the state that a comparison needs. */
const Snapshot = State.pick({ agents: true, vaults: true, roleAssignments: true, roleDefinitions: true });
type Snapshot = z.infer<typeof Snapshot>;

const Changes = z.object({
  /** The state when the last change ended. */
  quiet: Snapshot,
  /** By the agent's ARM ID: the state before its latest change, and whether that change has ended. */
  changes: z.array(z.object({ agentId: z.string(), before: Snapshot, ended: z.boolean() })),
  /** Operations already counted, with `true` for ended ones. */
  counted: z.record(z.string(), z.boolean()),
});
type Changes = z.infer<typeof Changes>;

/** Returns false for a repeated write: a retry after a lost answer changes nothing. */
const changes = (operation: AgentOperation, state: SimulatorState): boolean => {
  const agent = state.agents.find((one) => sameId(idOf(one), operation.agentId));
  return JSON.stringify(agent?.content) !== JSON.stringify(operation.before);
};

const snapshotOf = ({ agents, vaults, roleAssignments, roleDefinitions }: SimulatorState): Snapshot =>
  structuredClone({ agents, vaults, roleAssignments, roleDefinitions });

const initial = (state: SimulatorState): Changes => ({
  quiet: snapshotOf(state),
  changes: [],
  counted: Object.fromEntries(state.operations.map(({ id, status }) => [id, status !== 'Working'])),
});

/** An unreadable file, such as an older version's, counts as missing. */
const readChanges = (file: string): Changes | null =>
  existsSync(file) ? (Changes.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null) : null;

/** Number of agents whose latest change is stored. */
const keptAgents = 10;

/**
 * Stores the state before the latest changes of agents.
 * A change starts with the first write after the previous one ended, and ends when a write that sets a key succeeds.
 * Several writes can form one change.
 */
export class BeforeStates {
  private readonly file: string;
  private stored: Changes;

  constructor(file: string, state: SimulatorState) {
    this.file = file;
    this.stored = readChanges(this.file) ?? initial(state);
  }

  /** Starts over after the whole state was replaced. */
  restart(state: SimulatorState): void {
    this.stored = initial(state);
    this.save();
  }

  /** Detects operations that started or ended since the last call. */
  follow(state: SimulatorState): void {
    const changed = state.operations.filter(({ id, status }) => this.stored.counted[id] !== (status !== 'Working'));
    for (const operation of changed) {
      const { id, agentId, status, triesKey } = operation;
      if (!(id in this.stored.counted) && changes(operation, state)) this.begin(agentId);
      this.stored.counted[id] = status !== 'Working';
      if (triesKey && status === 'Succeeded') this.end(agentId, state);
    }
    if (changed.length > 0) this.save();
  }

  /** Returns the state before the latest change of the agent with this name. Without a change: the last quiet state. */
  of(agentName: string): Snapshot {
    const change = this.stored.changes.find(({ agentId }) => sameId(agentId.split('/').at(-1) ?? '', agentName));
    return change?.before ?? this.stored.quiet;
  }

  private begin(agentId: string): void {
    const change = this.stored.changes.find((one) => sameId(one.agentId, agentId));
    if (change?.ended === false) return;
    const others = this.stored.changes.filter((one) => one !== change);
    const { quiet } = this.stored;
    const before = { ...quiet, agents: quiet.agents.filter((one) => sameId(idOf(one), agentId)) };
    this.stored.changes = [...others, { agentId, before, ended: false }].slice(-keptAgents);
  }

  private end(agentId: string, state: SimulatorState): void {
    const change = this.stored.changes.find((one) => sameId(one.agentId, agentId));
    if (change !== undefined) change.ended = true;
    this.stored.quiet = snapshotOf(state);
  }

  private save(): void {
    replaceFile(this.file, JSON.stringify(this.stored));
  }
}
