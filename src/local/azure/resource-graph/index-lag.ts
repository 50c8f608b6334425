import type { SimulatorState } from '../state/schema.ts';

/** What Resource Graph tells of. */
type Indexed = Pick<SimulatorState, 'agents' | 'vaults'>;

interface Snapshot {
  readonly at: number;
  readonly text: string;
}

/**
 * What Resource Graph knows: what there was some time ago, as long as the settings say (Microsoft: "eventually consistent").
 * Only while there is a lag is anything kept, and only in memory: after a restart the index is what there is then.
 */
export class GraphIndex {
  private snapshots: readonly Snapshot[] = [];

  /** Looks at the state after whatever may have changed it. */
  follow({ settings, agents, vaults }: SimulatorState, now: Date): void {
    if (settings.graphLagMs === 0) {
      this.snapshots = [];
      return;
    }
    const text = JSON.stringify({ agents, vaults });
    if (this.snapshots.at(-1)?.text === text) return;
    const shown = this.shown(settings.graphLagMs, now);
    const since = shown === undefined ? this.snapshots : this.snapshots.slice(this.snapshots.indexOf(shown));
    this.snapshots = [...since, { at: now.getTime(), text }];
  }

  /** As Resource Graph has it now: the newest that is old enough, or the oldest that is known. */
  read(state: SimulatorState, now: Date): Indexed {
    const shown = this.shown(state.settings.graphLagMs, now) ?? this.snapshots[0];
    return state.settings.graphLagMs === 0 || shown === undefined ? state : JSON.parse(shown.text);
  }

  private shown(lagMs: number, now: Date): Snapshot | undefined {
    return this.snapshots.findLast(({ at }) => at <= now.getTime() - lagMs);
  }
}
