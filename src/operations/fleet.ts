/** Key state of each agent, most urgent first, and what stands above that list. Pure functions. */
import { ArmId, armIdParts, type RequestId } from '../domain/ids.ts';
import { normalizedVaultUri } from '../domain/observed.ts';
import type { ResourceKey } from '../domain/ports/inventory.ts';
import type { Waits } from '../domain/request/payloads.ts';
import type { Drift } from '../domain/watch/resource-watch.ts';
import { byUrgency, type DriftCode, severityOf } from '../domain/watch/state.ts';

/** In the order of lists. */
export const fleetStates = [
  'needs-attention',
  'not-as-approved',
  'ended',
  'ends-soon',
  'request-open',
  'microsofts-key',
  'end-unknown',
  'own-key',
] as const;
export type FleetState = (typeof fleetStates)[number];

export interface AgentKeyState {
  readonly id: ArmId;
  readonly name: string;
  readonly state: FleetState;
  /** The agent's open request; null: none. */
  readonly request: { readonly id: RequestId; readonly waits: Waits } | null;
  readonly keyName: string;
  /** ISO 8601; null: the key doesn't expire, or its expiry is unknown. */
  readonly ends: string | null;
  /** What the key watch found, most urgent first; empty: nothing. */
  readonly drift: readonly DriftCode[];
}

/** Expiry of each key version; null: never expires. Missing: unknown. */
export type KeyEnds = ReadonlyMap<string, string | null>;

/** Returns a normalized address of the agent's key version: lower case, no final slash. Null: the agent pins no version. */
export function keyOf({ customerKey }: Pick<ResourceKey, 'customerKey'>): string | null {
  if (customerKey === null || customerKey.keyVersion === null) return null;
  const { vaultUri, keyName, keyVersion } = customerKey;
  return `${normalizedVaultUri(vaultUri)}/keys/${keyName}/${keyVersion}`.toLowerCase();
}

export const soonDays = 60;
const soonMs = soonDays * 24 * 3_600_000;

function stateOf(ends: string | null | undefined, now: Date): FleetState {
  if (ends === undefined) return 'end-unknown';
  if (ends === null) return 'own-key';
  const left = Date.parse(ends) - now.getTime();
  if (left <= 0) return 'ended';
  return left <= soonMs ? 'ends-soon' : 'own-key';
}

/** What is known of agents beside Azure's list. Maps of agents are by ARM id in lower case. */
export interface FleetFacts {
  readonly held: ReadonlyMap<string, { readonly id: RequestId; readonly waits: Waits }>;
  readonly ends: KeyEnds;
  /** Open drifts. */
  readonly drifts: ReadonlyMap<string, Drift>;
}

function keyStateOf(resource: ResourceKey, { held, ends, drifts }: FleetFacts, now: Date): AgentKeyState {
  const request = held.get(resource.id.toLowerCase()) ?? null;
  const key = keyOf(resource);
  const end = key === null ? undefined : ends.get(key);
  const drift = drifts.get(resource.id.toLowerCase())?.found.map(({ state: { code } }) => code) ?? [];
  const own = resource.customerKey === null ? 'microsofts-key' : stateOf(end, now);
  // What is milder, such as a key that expires soon, has its own state or only its line at the top.
  const found = drift.some((code) => severityOf(code) === 'critical') ? 'not-as-approved' : own;
  const state = request === null ? found : request.waits === 'attention' ? 'needs-attention' : 'request-open';
  return {
    id: resource.id,
    name: resource.name,
    state,
    request,
    keyName: resource.customerKey?.keyName ?? '',
    ends: end ?? null,
    drift,
  };
}

const order = new Map(fleetStates.map((state, index) => [state, index]));
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byState = (a: AgentKeyState, b: AgentKeyState): number =>
  (order.get(a.state) ?? 0) - (order.get(b.state) ?? 0) ||
  (a.state === b.state && (a.state === 'ends-soon' || a.state === 'ended') ? byText(a.ends ?? '', b.ends ?? '') : 0) ||
  byText(a.name.toLowerCase(), b.name.toLowerCase()) ||
  byText(a.id, b.id);

export const judgeFleet = (resources: readonly ResourceKey[], facts: FleetFacts, now: Date): readonly AgentKeyState[] =>
  resources.map((one) => keyStateOf(one, facts, now)).sort(byState);

export type FleetCounts = Readonly<Record<FleetState, number>>;

export function countsOf(fleet: readonly AgentKeyState[]): FleetCounts {
  const counts = Object.fromEntries(fleetStates.map((state) => [state, 0])) as Record<FleetState, number>;
  for (const { state } of fleet) counts[state] += 1;
  return counts;
}

/** Open drifts by what was found. */
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
