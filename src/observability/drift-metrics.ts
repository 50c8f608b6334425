/** Metrics of the key watch: open drifts by state, which are the same in every replica, and what the last cycle here read. */
import type { Drifts } from '../domain/ports/store.ts';
import type { Overdue } from '../domain/ports/telemetry.ts';
import type { DriftVerdict } from '../domain/watch/drift.ts';
import { driftCodes, severityOf, type WatchedPart } from '../domain/watch/state.ts';
import type { Create } from './create-metrics.ts';

export interface DriftMetricsPorts {
  readonly drifts: Pick<Drifts, 'open'>;
  /** Interval of the key watch. Null: it's turned off. */
  readonly watchMs: number | null;
  readonly now: () => Date;
}

const parts: readonly WatchedPart[] = ['resource', 'vault', 'key', 'access', 'use'];
/** Alerts of operators can name the label’s value, which is older than other kinds. */
const partLabel = (part: WatchedPart): string => (part === 'resource' ? 'agent' : part);
/** Replicas take cycles by chance. One that took none in so many intervals reports nothing of its last one. */
export const normalIntervals = 3;
const notes = driftCodes.filter((code) => severityOf(code) === 'info');

export function watchDrifts({ query }: Create, { drifts, now, watchMs }: DriftMetricsPorts, watching: Overdue) {
  let last: readonly DriftVerdict[] = [];
  let lastAt = 0;
  const recentMs = normalIntervals * (watchMs ?? 0);
  const recent = (): readonly DriftVerdict[] => (now().getTime() - lastAt > recentMs ? [] : last);
  query('cmk_agents_drifted', 'Agents that are not as approved, by state', ['state'], async (gauge) => {
    const found = [...(await drifts.open()).values()].flatMap((drift) => drift.found.map(({ state }) => state.code));
    const noted = recent()
      .flatMap(({ states }) => states.map(({ code }) => code))
      .filter((code) => notes.includes(code));
    for (const code of driftCodes)
      gauge.set({ state: code }, [...found, ...noted].filter((one) => one === code).length);
  });
  const unread = 'Agents that the last cycle of the key watch in this replica could not read, by part';
  query('cmk_agents_unread', unread, ['part'], async (gauge) => {
    for (const part of parts)
      gauge.set({ part: partLabel(part) }, recent().filter((one) => one.unread.includes(part)).length);
  });
  const cycle = 'When this replica last completed a cycle of the key watch, in seconds since 1970; 0: never';
  query('cmk_watch_last_cycle_seconds', cycle, [], async (gauge) => gauge.set(lastAt / 1_000));
  const overdue =
    'For how long no cycle of the key watch, in any replica, has read and judged every agent, beyond three intervals';
  query('cmk_watch_overdue_seconds', overdue, [], async (gauge) => gauge.set(await watching.seconds()));
  return {
    watched(agents: readonly DriftVerdict[]): void {
      last = agents;
      lastAt = now().getTime();
    },
  };
}
