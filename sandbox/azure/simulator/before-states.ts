import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { agentId as idOf, sameId } from '../arm/ids.ts';
import { type SimulatorState, SimulatorState as State } from '../state/schema.ts';
import type { AgentOperation } from '../state/schema-agents.ts';
import { replaceFile } from '../state/state-file.ts';

/**
 * State other than agents that a comparison needs. Changes that started from the same state share one file, named by
 * its hash.
 */
const Rest = State.pick({ vaults: true, roleAssignments: true, roleDefinitions: true });
type Rest = z.infer<typeof Rest>;
const Agents = State.pick({ agents: true });

type Snapshot = Rest & z.infer<typeof Agents>;

const StoredAgents = Agents.extend({ rest: z.string().regex(/^[0-9a-f]{64}$/) });

const Changes = z.object({
  /** The state when the last change ended. */
  quiet: StoredAgents,
  /** By the agent's ARM ID: the state before its latest change, and whether that change has ended. */
  changes: z.array(z.object({ agentId: z.string(), before: StoredAgents, ended: z.boolean() })),
  /** Operations already counted, with `true` for ended ones. */
  counted: z.record(z.string(), z.boolean()),
});
type Changes = z.infer<typeof Changes>;

/** Returns false for a repeated write: a retry after a lost answer changes nothing. */
const changes = (operation: AgentOperation, state: SimulatorState): boolean => {
  const agent = state.agents.find((one) => sameId(idOf(one), operation.agentId));
  return JSON.stringify(agent?.content) !== JSON.stringify(operation.before);
};

/** An unreadable file, such as an older version's, counts as missing. */
const readChanges = (file: string): Changes | null =>
  existsSync(file) ? (Changes.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null) : null;

/**
 * Stores the state before each agent's latest change.
 * A change starts with the first write after the previous one ended, and ends when a write that sets a key succeeds.
 * Several writes can form one change.
 */
export class BeforeStates {
  private readonly file: string;
  private readonly rests: string;
  private stored: Changes;

  constructor(folder: string, state: SimulatorState) {
    this.file = join(folder, 'before.json');
    this.rests = join(folder, 'before');
    this.stored = readChanges(this.file) ?? this.initial(state);
  }

  /** Starts over after the whole state was replaced. A file is deleted only when the stored changes don't name it. */
  restart(state: SimulatorState): void {
    this.stored = this.initial(state);
    this.save();
    const named = this.fileOf(this.stored.quiet.rest);
    for (const name of readdirSync(this.rests)) {
      const file = join(this.rests, name);
      if (file !== named) rmSync(file, { recursive: true, force: true });
    }
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
    const { agents, rest } = change?.before ?? this.stored.quiet;
    return { agents, ...Rest.parse(JSON.parse(readFileSync(this.fileOf(rest), 'utf8'))) };
  }

  private begin(agentId: string): void {
    const change = this.stored.changes.find((one) => sameId(one.agentId, agentId));
    if (change?.ended === false) return;
    const others = this.stored.changes.filter((one) => one !== change);
    const { agents, rest } = this.stored.quiet;
    const before = { agents: agents.filter((one) => sameId(idOf(one), agentId)), rest };
    this.stored.changes = [...others, { agentId, before, ended: false }];
  }

  private end(agentId: string, state: SimulatorState): void {
    const change = this.stored.changes.find((one) => sameId(one.agentId, agentId));
    if (change !== undefined) change.ended = true;
    this.stored.quiet = this.snapshotOf(state);
  }

  private initial(state: SimulatorState): Changes {
    const counted = Object.fromEntries(state.operations.map(({ id, status }) => [id, status !== 'Working']));
    return { quiet: this.snapshotOf(state), changes: [], counted };
  }

  private snapshotOf(state: SimulatorState): z.infer<typeof StoredAgents> {
    const { agents, vaults, roleAssignments, roleDefinitions } = state;
    const text = JSON.stringify({ vaults, roleAssignments, roleDefinitions });
    const rest = createHash('sha256').update(text).digest('hex');
    if (!existsSync(this.fileOf(rest))) {
      mkdirSync(this.rests, { recursive: true });
      replaceFile(this.fileOf(rest), text);
    }
    return { agents: structuredClone(agents), rest };
  }

  private fileOf(rest: string): string {
    return join(this.rests, `${rest}.json`);
  }

  private save(): void {
    replaceFile(this.file, JSON.stringify(this.stored));
  }
}
