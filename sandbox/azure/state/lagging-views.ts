/** Earlier states, which readers see late. */

import type { Settings, SimulatorState } from './schema.ts';

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
