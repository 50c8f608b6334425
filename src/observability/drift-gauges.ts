/** Metrics of the key watch: open drifts by state, which are the same in every replica, and what the last cycle here read. */
import type { Drifts } from '../domain/ports/store.ts';
import { type DriftState, driftCodes, severityOf, type WatchedPart } from '../domain/watch/state.ts';
import { queryGauge, trackOverdue } from './gauges.ts';

interface WatchedAgent {
  readonly states: readonly DriftState[];
  readonly unread: readonly WatchedPart[];
}

export interface DriftFigures {
  /** What a cycle of the key watch found in this replica. */
  watched(agents: readonly WatchedAgent[]): void;
}

const parts: readonly WatchedPart[] = ['agent', 'vault', 'key', 'access', 'use'];
/** Replicas take cycles by chance. One that took none in so many intervals reports nothing of its last one. */
const normalIntervals = 3;
const notes = driftCodes.filter((code) => severityOf(code) === 'info');

/** `intervalMs`: the interval of the key watch; null: it is turned off. */
export function watchDrifts(
  register: Parameters<typeof queryGauge>[0],
  drifts: Pick<Drifts, 'open'>,
  now: () => Date,
  intervalMs: number | null,
): DriftFigures {
  const cycles = trackOverdue(now, intervalMs === null ? null : normalIntervals * intervalMs);
  let last: readonly WatchedAgent[] = [];
  let lastAt = 0;
  const recent = (): readonly WatchedAgent[] => (cycles.seconds() > 0 ? [] : last);
  const drifted = {
    name: 'cmk_agents_drifted',
    help: 'Agents that are not as approved, by state',
    labelNames: ['state'],
  };
  queryGauge(register, drifted, async (gauge) => {
    const found = [...(await drifts.open()).values()].flatMap((drift) => drift.found.map(({ state }) => state.code));
    const noted = recent()
      .flatMap(({ states }) => states.map(({ code }) => code))
      .filter((code) => notes.includes(code));
    for (const code of driftCodes)
      gauge.set({ state: code }, [...found, ...noted].filter((one) => one === code).length);
  });
  const unread = {
    name: 'cmk_agents_unread',
    help: 'Agents that the last cycle of the key watch in this replica could not read, by part',
    labelNames: ['part'],
  };
  queryGauge(register, unread, async (gauge) => {
    for (const part of parts) gauge.set({ part }, recent().filter((one) => one.unread.includes(part)).length);
  });
  const cycle = {
    name: 'cmk_watch_last_cycle_seconds',
    help: 'When this replica last completed a cycle of the key watch, in seconds since 1970; 0: never',
  };
  queryGauge(register, cycle, async (gauge) => gauge.set(lastAt));
  const overdue = {
    name: 'cmk_watch_overdue_seconds',
    help: 'For how long this replica has completed no cycle of the key watch, beyond three intervals',
  };
  queryGauge(register, overdue, async (gauge) => gauge.set(cycles.seconds()));
  return {
    watched(agents) {
      last = agents;
      cycles.done();
      lastAt = now().getTime() / 1_000;
    },
  };
}
