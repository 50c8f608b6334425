import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { agentId as idOf, sameId } from '../arm/ids.ts';
import { type SimulatorState, SimulatorState as State } from '../state/schema.ts';
import type { AgentOperation } from '../state/schema-agents.ts';

/** What a comparison needs of the state. */
const Snapshot = State.pick({ agents: true, vaults: true, roleAssignments: true, roleDefinitions: true });
export type Snapshot = z.infer<typeof Snapshot>;

const Kept = z.object({
  /** What Azure held when the last change had ended. */
  quiet: Snapshot,
  /** By the agent's ARM id: what Azure held before its latest change, and whether that has ended. */
  changes: z.array(z.object({ agentId: z.string(), before: Snapshot, ended: z.boolean() })),
  /** Operations already counted, and whether they had ended then. */
  counted: z.record(z.string(), z.boolean()),
});
type Kept = z.infer<typeof Kept>;

const snapshotOf = (state: SimulatorState): Snapshot => structuredClone(Snapshot.parse(state));

const afresh = (state: SimulatorState): Kept => ({
  quiet: snapshotOf(state),
  changes: [],
  counted: Object.fromEntries(state.operations.map(({ id, status }) => [id, status !== 'Working'])),
});

/** A write sent twice because its answer was lost changes nothing the second time. */
const changes = (operation: AgentOperation, state: SimulatorState): boolean => {
  const agent = state.agents.find((one) => sameId(idOf(one), operation.agentId));
  return JSON.stringify(agent?.content) !== JSON.stringify(operation.before);
};

/**
 * Remembers what Azure held before the latest change of each agent. A change begins with the first write to the agent after
 * its last one ended, and ends when a write that sets a key has succeeded; several writes make one change.
 */
export class Befores {
  private readonly file: string;
  private kept: Kept;

  constructor(file: string, state: SimulatorState) {
    this.file = file;
    this.kept = existsSync(file) ? Kept.parse(JSON.parse(readFileSync(file, 'utf8'))) : afresh(state);
  }

  /** Another state was put in the place of the whole: nothing came before it. */
  restart(state: SimulatorState): void {
    this.kept = afresh(state);
    this.save();
  }

  /** Looks for operations that began or ended since it last looked. */
  follow(state: SimulatorState): void {
    const news = state.operations.filter(({ id, status }) => this.kept.counted[id] !== (status !== 'Working'));
    for (const operation of news) {
      const { id, agentId, status, triesKey } = operation;
      if (!(id in this.kept.counted) && changes(operation, state)) this.begin(agentId);
      this.kept.counted[id] = status !== 'Working';
      if (triesKey && status === 'Succeeded') this.end(agentId, state);
    }
    if (news.length > 0) this.save();
  }

  /** What Azure held before the latest change of the agent with this name; of none, what it held when all was quiet. */
  of(agentName: string): Snapshot {
    const change = this.kept.changes.find(({ agentId }) => sameId(agentId.split('/').at(-1) ?? '', agentName));
    return change?.before ?? this.kept.quiet;
  }

  private begin(agentId: string): void {
    const change = this.kept.changes.find((one) => sameId(one.agentId, agentId));
    if (change?.ended === false) return;
    const others = this.kept.changes.filter((one) => one !== change);
    this.kept.changes = [...others, { agentId, before: this.kept.quiet, ended: false }];
  }

  private end(agentId: string, state: SimulatorState): void {
    const change = this.kept.changes.find((one) => sameId(one.agentId, agentId));
    if (change !== undefined) change.ended = true;
    this.kept.quiet = snapshotOf(state);
  }

  private save(): void {
    writeFileSync(`${this.file}.new`, JSON.stringify(this.kept), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
