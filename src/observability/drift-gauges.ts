/** Metrics of the key watch: open drifts by state, which are the same in every replica, and what the last cycle here read. */
import type { Drifts } from '../domain/ports/store.ts';
import { type DriftState, driftCodes, severityOf, type WatchedPart } from '../domain/watch/state.ts';
import { queryGauge } from './gauges.ts';

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

export interface WatchOptions {
  readonly intervalMs: number;
  /** How long no cycle of any replica has read and judged every agent, beyond three intervals. */
  readonly overdueSeconds: () => Promise<number>;
}

export function watchDrifts(
  register: Parameters<typeof queryGauge>[0],
  drifts: Pick<Drifts, 'open'>,
  now: () => Date,
  watch: WatchOptions | null,
): DriftFigures {
  let last: readonly WatchedAgent[] = [];
  let lastAt = 0;
  const recentMs = normalIntervals * (watch?.intervalMs ?? 0);
  const recent = (): readonly WatchedAgent[] => (now().getTime() - lastAt > recentMs ? [] : last);
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
  queryGauge(register, cycle, async (gauge) => gauge.set(lastAt / 1_000));
  const overdue = {
    name: 'cmk_watch_overdue_seconds',
    help: 'For how long no cycle of the key watch, in any replica, has read and judged every agent, beyond three intervals',
  };
  queryGauge(register, overdue, async (gauge) => gauge.set((await watch?.overdueSeconds()) ?? 0));
  return {
    watched(agents) {
      last = agents;
      lastAt = now().getTime();
    },
  };
}
