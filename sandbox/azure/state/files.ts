/** What the Azure simulator stores, and earlier states: what readers see late, and agents before their last change. */

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { agentId as idOf, sameId } from '../arm/ids.ts';
import { type LatencyName, reached } from '../fault.ts';
import { vaultUri } from '../key-vault/arm.ts';
import { type AgentOperation, type Settings, SimulatorState, SimulatorState as State } from './schema.ts';

/** Replaces a file atomically: a killed process leaves the old or the new one. */
const replaceFile = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

/** Saves the state when it has changed. */
export class StateFile {
  private readonly file: string;
  private saved = '';
  /** Number of saves that changed the file. */
  changes = 0;

  constructor(file: string) {
    this.file = file;
  }

  load(): SimulatorState | null {
    if (!existsSync(this.file)) return null;
    this.saved = readFileSync(this.file, 'utf8');
    return SimulatorState.parse(JSON.parse(this.saved));
  }

  save(state: SimulatorState): void {
    const text = JSON.stringify(state);
    if (text === this.saved) return;
    replaceFile(this.file, text);
    this.saved = text;
    this.changes += 1;
  }
}

/**
 * Moves the state to a main port. Vault n gets the port n above it, and agents get their vaults' new addresses.
 * For a copied data folder, a machine where the old port is in use, and vaults of a replaced state.
 */
export const moveToPort = (state: SimulatorState, port: number): void => {
  const vaults = [...state.vaults, ...state.deletedVaults.map((one) => one.vault)];
  const moves = vaults.map((vault) => {
    const from = vaultUri(vault);
    vault.port = port + vault.n;
    return { from, to: vaultUri(vault) };
  });
  state.port = port;
  const contents = [...state.agents.map((one) => one.content), ...state.operations.map((one) => one.before)];
  for (const content of contents) {
    const key = content?.keyVaultProperties;
    const move = key && moves.find(({ from }) => sameUri(key.keyVaultUri, from));
    if (move) key.keyVaultUri = move.to;
  }
  // Each provider has a shape of its own.
  const moved = new Map(moves.map(({ from, to }) => [from.replace(/\/$/, ''), to.replace(/\/$/, '')]));
  const text = JSON.stringify(state.otherResources).replaceAll(
    /https:\/\/localhost:\d+/g,
    (uri) => moved.get(uri) ?? uri,
  );
  state.otherResources = JSON.parse(text);
};

const sameUri = (a: string, b: string): boolean => a.replace(/\/$/, '') === b.replace(/\/$/, '');

/** Sets the latency. With `instant`, running operations end now, except those that never end. */
export const changeLatency = (state: SimulatorState, latency: LatencyName, now: Date): void => {
  state.latency = latency;
  if (latency === 'instant') endPendingNow(state, now);
};

const endPendingNow = (state: SimulatorState, now: Date): void => {
  const atLast = (time: string): string => (reached(time, now) ? time : now.toISOString());
  for (const operation of state.operations) {
    if (operation.status === 'Working' && operation.dueAt !== null) operation.dueAt = atLast(operation.dueAt);
  }
  for (const principal of state.principals) principal.replicatedAt = atLast(principal.replicatedAt);
  for (const grant of [...state.roleAssignments, ...state.vaults.flatMap((vault) => vault.accessPolicies)]) {
    grant.effectiveAt = atLast(grant.effectiveAt);
  }
};

interface StateAt {
  readonly at: number;
  readonly text: string;
}

/**
 * A view of parts of the state that lags by the time in the settings.
 * Snapshots exist only while it lags, and in memory: after a restart it shows the state at that time.
 */
class LaggingView<Part extends keyof SimulatorState> {
  private readonly parts: readonly Part[];
  private readonly lagOf: (settings: Settings) => number;
  private snapshots: readonly StateAt[] = [];

  constructor(parts: readonly Part[], lagOf: (settings: Settings) => number) {
    this.parts = parts;
    this.lagOf = lagOf;
  }

  /** Takes a snapshot if the state has changed. Call it after each change. */
  follow(state: SimulatorState, now: Date): void {
    const lagMs = this.lagOf(state.settings);
    if (lagMs === 0) {
      this.snapshots = [];
      return;
    }
    const text = JSON.stringify(Object.fromEntries(this.parts.map((part) => [part, state[part]])));
    if (this.snapshots.at(-1)?.text === text) return;
    const shown = this.shown(lagMs, now);
    const since = shown === undefined ? this.snapshots : this.snapshots.slice(this.snapshots.indexOf(shown));
    this.snapshots = [...since, { at: now.getTime(), text }];
  }

  /** Returns the parts as of the lag: the newest snapshot that is old enough, or else the oldest one. */
  read(state: SimulatorState, now: Date): Pick<SimulatorState, Part> {
    const lagMs = this.lagOf(state.settings);
    const shown = this.shown(lagMs, now) ?? this.snapshots[0];
    return lagMs === 0 || shown === undefined ? state : JSON.parse(shown.text);
  }

  private shown(lagMs: number, now: Date): StateAt | undefined {
    return this.snapshots.findLast(({ at }) => at <= now.getTime() - lagMs);
  }
}

/** What Resource Graph returns (Microsoft: "eventually consistent"). */
export const newGraphIndex = () => new LaggingView(['agents', 'vaults'], ({ graphLagMs }) => graphLagMs);

/** What Azure Resource Manager returns to a GET. */
export const newReadReplica = () =>
  new LaggingView(['agents', 'vaults', 'roleAssignments'], ({ readLagMs }) => readLagMs);

/** Agents, vaults, role assignments and their lists. Not keys, because vaults answer for them. */
const lagging = /\/(healthBots|vaults|roleAssignments)(\/[^/]+)?$/i;

export const lags = (method: string, path: string): boolean => method === 'GET' && lagging.test(path);

/**
 * A file of records, one JSON line each, oldest first. Skips unreadable lines: a killed process can leave a partial
 * line.
 */
export class JsonLines<T> {
  private readonly file: string;
  private records: T[] = [];

  constructor(file: string, schema: z.ZodType<T>) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) return;
    this.records = readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => recordIn(line, schema));
    if (this.records.length > 0) appendFileSync(file, '\n');
  }

  append(...records: readonly T[]): void {
    if (records.length === 0) return;
    this.records.push(...records);
    appendFileSync(this.file, linesOf(records), { mode: 0o600 });
  }

  /** Removes all other records. */
  keep(isKept: (record: T) => boolean): void {
    this.records = this.records.filter(isKept);
    writeFileSync(this.file, linesOf(this.records), { mode: 0o600 });
  }

  all(): readonly T[] {
    return this.records;
  }
}

const linesOf = (records: readonly unknown[]): string => records.map((one) => `${JSON.stringify(one)}\n`).join('');

function recordIn<T>(line: string, schema: z.ZodType<T>): readonly T[] {
  try {
    const read = schema.safeParse(JSON.parse(line));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}

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
