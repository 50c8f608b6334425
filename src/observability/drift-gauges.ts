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
const notes = driftCodes.filter((code) => severityOf(code) === 'info');

export function watchDrifts(
  register: Parameters<typeof queryGauge>[0],
  drifts: Pick<Drifts, 'open'>,
  now: () => Date,
): DriftFigures {
  let last: readonly WatchedAgent[] = [];
  let lastAt = 0;
  const drifted = {
    name: 'cmk_agents_drifted',
    help: 'Agents that are not as approved, by state',
    labelNames: ['state'],
  };
  queryGauge(register, drifted, async (gauge) => {
    const found = [...(await drifts.open()).values()].flatMap((drift) => drift.found.map(({ state }) => state.code));
    const noted = last.flatMap(({ states }) => states.map(({ code }) => code)).filter((code) => notes.includes(code));
    for (const code of driftCodes)
      gauge.set({ state: code }, [...found, ...noted].filter((one) => one === code).length);
  });
  const unread = {
    name: 'cmk_agents_unread',
    help: 'Agents that the last cycle of the key watch in this replica could not read, by part',
    labelNames: ['part'],
  };
  queryGauge(register, unread, async (gauge) => {
    for (const part of parts) gauge.set({ part }, last.filter((one) => one.unread.includes(part)).length);
  });
  const cycle = {
    name: 'cmk_watch_last_cycle_seconds',
    help: 'When this replica last completed a cycle of the key watch, in seconds since 1970; 0: never',
  };
  queryGauge(register, cycle, async (gauge) => gauge.set(lastAt));
  return {
    watched(agents) {
      last = agents;
      lastAt = now().getTime() / 1_000;
    },
  };
}
