/** What the Azure simulator stores, and earlier states that readers see late. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { type LatencyName, reached } from '../fault.ts';
import { vaultUri } from '../key-vault/vault-body.ts';
import { type Settings, SimulatorState } from './schema.ts';

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

/** Moves the state to a main port, as for a copied data folder. Vault n gets the port n above it, and agents follow. */
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

/** A view of parts of the state that lags by the time in the settings. Snapshots exist only while it lags, in memory. */
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

/** A file of records, one JSON line each, oldest first. Skips unreadable lines: a killed process can leave a partial line. */
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
