import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { agentId as idOf, sameId } from '../arm/ids.ts';
import { type SimulatorState, SimulatorState as State } from '../state/schema.ts';
import type { AgentOperation } from '../state/schema-agents.ts';

/**
 * State other than agents that a comparison needs. Changes that started from the same state share one file, named by
 * its hash.
 */
const Rest = State.pick({ vaults: true, roleAssignments: true, roleDefinitions: true });
type Rest = z.infer<typeof Rest>;
const Agents = State.pick({ agents: true });

export type Snapshot = Rest & z.infer<typeof Agents>;

const Held = Agents.extend({ rest: z.string().regex(/^[0-9a-f]{64}$/) });

const Kept = z.object({
  /** The state when the last change ended. */
  quiet: Held,
  /** By the agent's ARM ID: the state before its latest change, and whether that change has ended. */
  changes: z.array(z.object({ agentId: z.string(), before: Held, ended: z.boolean() })),
  /** Operations already counted, with `true` for ended ones. */
  counted: z.record(z.string(), z.boolean()),
});
type Kept = z.infer<typeof Kept>;

/** Returns false for a repeated write: a retry after a lost answer changes nothing. */
const changes = (operation: AgentOperation, state: SimulatorState): boolean => {
  const agent = state.agents.find((one) => sameId(idOf(one), operation.agentId));
  return JSON.stringify(agent?.content) !== JSON.stringify(operation.before);
};

/** An unreadable file, such as an older version's, counts as missing. */
const readKept = (file: string): Kept | null =>
  existsSync(file) ? (Kept.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null) : null;

/**
 * Stores the state before each agent's latest change.
 * A change starts with the first write after the previous one ended, and ends when a write that sets a key succeeds.
 * Several writes can form one change.
 */
export class Befores {
  private readonly file: string;
  private readonly rests: string;
  private kept: Kept;

  constructor(folder: string, state: SimulatorState) {
    this.file = join(folder, 'before.json');
    this.rests = join(folder, 'before');
    this.kept = readKept(this.file) ?? this.afresh(state);
  }

  /** Starts over after the whole state was replaced. */
  restart(state: SimulatorState): void {
    rmSync(this.rests, { recursive: true, force: true });
    this.kept = this.afresh(state);
    this.save();
  }

  /** Detects operations that started or ended since the last call. */
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

  /** Returns the state before the latest change of the agent with this name. Without a change: the last quiet state. */
  of(agentName: string): Snapshot {
    const change = this.kept.changes.find(({ agentId }) => sameId(agentId.split('/').at(-1) ?? '', agentName));
    const { agents, rest } = change?.before ?? this.kept.quiet;
    return { agents, ...Rest.parse(JSON.parse(readFileSync(this.fileOf(rest), 'utf8'))) };
  }

  private begin(agentId: string): void {
    const change = this.kept.changes.find((one) => sameId(one.agentId, agentId));
    if (change?.ended === false) return;
    const others = this.kept.changes.filter((one) => one !== change);
    const { agents, rest } = this.kept.quiet;
    const before = { agents: agents.filter((one) => sameId(idOf(one), agentId)), rest };
    this.kept.changes = [...others, { agentId, before, ended: false }];
  }

  private end(agentId: string, state: SimulatorState): void {
    const change = this.kept.changes.find((one) => sameId(one.agentId, agentId));
    if (change !== undefined) change.ended = true;
    this.kept.quiet = this.held(state);
  }

  private afresh(state: SimulatorState): Kept {
    const counted = Object.fromEntries(state.operations.map(({ id, status }) => [id, status !== 'Working']));
    return { quiet: this.held(state), changes: [], counted };
  }

  private held({ agents, vaults, roleAssignments, roleDefinitions }: SimulatorState): z.infer<typeof Held> {
    const text = JSON.stringify({ vaults, roleAssignments, roleDefinitions });
    const rest = createHash('sha256').update(text).digest('hex');
    if (!existsSync(this.fileOf(rest))) {
      mkdirSync(this.rests, { recursive: true });
      replace(this.fileOf(rest), text);
    }
    return { agents: structuredClone(agents), rest };
  }

  private fileOf(rest: string): string {
    return join(this.rests, `${rest}.json`);
  }

  private save(): void {
    replace(this.file, JSON.stringify(this.kept));
  }
}

/** Replaces the file atomically: a killed process leaves the old or the new one. */
const replace = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};
