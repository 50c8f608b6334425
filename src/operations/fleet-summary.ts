/** What stands above the list of agents: open drifts by what was found, and the next keys to expire. Pure functions. */
import { ArmId, armIdParts } from '../domain/ids.ts';
import type { Drift } from '../domain/watch/agent-watch.ts';
import { byUrgency, type DriftCode } from '../domain/watch/state.ts';
import type { AgentKeyState } from './fleet.ts';

export interface DriftSummary {
  readonly code: DriftCode;
  /** Names of the agents, in order. */
  readonly agents: readonly string[];
  /** ISO 8601: when the first of them was found. */
  readonly since: string;
}

/** `drifts`: open ones, by ARM id in lower case. Also of deleted agents, which aren't in the list. */
export function driftSummaries(
  drifts: ReadonlyMap<string, Drift>,
  fleet: readonly AgentKeyState[],
  isShown: (agent: { readonly name: string }) => boolean,
): readonly DriftSummary[] {
  const names = new Map(fleet.map(({ id, name }) => [id.toLowerCase(), name]));
  const byCode = new Map<DriftCode, { agents: string[]; times: string[] }>();
  for (const [id, { found }] of drifts) {
    const name = names.get(id) ?? armIdParts(ArmId.parse(id)).name;
    if (!isShown({ name })) continue;
    for (const { state, foundAt } of found) {
      const known = byCode.get(state.code) ?? { agents: [], times: [] };
      known.agents.push(name);
      known.times.push(foundAt);
      byCode.set(state.code, known);
    }
  }
  return [...byCode]
    .map(([code, { agents, times }]) => ({ code, agents: agents.sort(), since: times.sort()[0] ?? '' }))
    .sort(byUrgency);
}

/** Keys that expire next, the soonest first. Expired ones are no longer among them. */
export const nextExpiries = (fleet: readonly AgentKeyState[], now: Date, most: number): readonly AgentKeyState[] =>
  fleet
    .filter(({ ends }) => ends !== null && Date.parse(ends) > now.getTime())
    .sort((a, b) => ((a.ends ?? '') < (b.ends ?? '') ? -1 : 1))
    .slice(0, most);
