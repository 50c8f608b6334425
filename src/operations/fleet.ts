/** Key state of each resource, most urgent first, and what stands above that list. Pure functions. */
import { ArmId, armIdParts, armTypeOf, type RequestId } from '../domain/ids.ts';
import { type CustomerKey, normalizedVaultUri } from '../domain/observed.ts';
import type { KeyedResource } from '../domain/ports/inventory.ts';
import type { Waits } from '../domain/request/payloads.ts';
import { type FleetState, fleetStates } from '../domain/resource-kind.ts';
import type { Drift } from '../domain/watch/resource-watch.ts';
import { byUrgency, type DriftCode, severityOf } from '../domain/watch/state.ts';
import { readableKinds } from './resources/registry.ts';

export interface ResourceKeyState extends KeyedResource {
  readonly state: FleetState;
  /** Its open request; null: none. */
  readonly request: { readonly id: RequestId; readonly waits: Waits } | null;
  /** Other resources that name the same key. */
  readonly sharedWith: number;
  /** Its kind is turned on. */
  readonly canRequest: boolean;
  /** ISO 8601; null: the key doesn't expire, or its expiry is unknown. */
  readonly ends: string | null;
  /** What the key watch found, most urgent first; empty: nothing. */
  readonly drift: readonly DriftCode[];
}

/** Expiry of each key version; null: never expires. Missing: unknown. */
export type KeyEnds = ReadonlyMap<string, string | null>;

const keyAddress = ({ vaultUri, keyName }: CustomerKey): string =>
  `${normalizedVaultUri(vaultUri)}/keys/${keyName}`.toLowerCase();

/** Returns the address of the version in use, in lower case; without a version: the newest. Null: it isn't known which. */
export function keyOf({ customerKey, kind }: Pick<KeyedResource, 'customerKey' | 'kind'>): string | null {
  if (customerKey === null || (customerKey.keyVersion === null && !kind.follows)) return null;
  return `${keyAddress(customerKey)}/${customerKey.keyVersion ?? ''}`;
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

/** What is known beside Azure's list. Maps of resources are by ARM id in lower case. */
export interface FleetFacts {
  readonly held: ReadonlyMap<string, { readonly id: RequestId; readonly waits: Waits }>;
  readonly ends: KeyEnds;
  /** Open drifts. */
  readonly drifts: ReadonlyMap<string, Drift>;
}

function keyStateOf(resource: KeyedResource, { held, ends, drifts }: FleetFacts, now: Date) {
  const request = held.get(resource.id.toLowerCase()) ?? null;
  const key = keyOf(resource);
  const end = key === null ? undefined : ends.get(key);
  const drift = drifts.get(resource.id.toLowerCase())?.found.map(({ state: { code } }) => code) ?? [];
  const own = resource.customerKey === null ? 'microsofts-key' : stateOf(end, now);
  // What is milder, such as a key that expires soon, has its own state or only its line at the top.
  const found = drift.some((code) => severityOf(code) === 'critical') ? 'not-as-approved' : own;
  const state = request === null ? found : request.waits === 'attention' ? 'needs-attention' : 'request-open';
  return { ...resource, state, request, ends: end ?? null, drift };
}

const order = new Map(fleetStates.map((state, index) => [state, index]));
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byState = (a: ResourceKeyState, b: ResourceKeyState): number =>
  (order.get(a.state) ?? 0) - (order.get(b.state) ?? 0) ||
  (a.state === b.state && (a.state === 'ends-soon' || a.state === 'ended') ? byText(a.ends ?? '', b.ends ?? '') : 0) ||
  readableKinds.indexOf(a.kind) - readableKinds.indexOf(b.kind) ||
  byText(a.name.toLowerCase(), b.name.toLowerCase()) ||
  byText(a.id, b.id);

/** `acts`: ARM types of the kinds that can be requested. */
export function judgeFleet(
  resources: readonly KeyedResource[],
  { acts, ...facts }: FleetFacts & { readonly acts: readonly string[] },
  now: Date,
): readonly ResourceKeyState[] {
  const users = new Map<string, number>();
  const addresses = ({ keys }: KeyedResource): ReadonlySet<string> => new Set(keys.map(keyAddress));
  for (const address of resources.flatMap((one) => [...addresses(one)]))
    users.set(address, (users.get(address) ?? 0) + 1);
  const sharedWith = (one: KeyedResource): number =>
    Math.max(0, ...[...addresses(one)].map((address) => (users.get(address) ?? 1) - 1));
  return resources
    .map((one) => ({
      ...keyStateOf(one, facts, now),
      sharedWith: sharedWith(one),
      canRequest: acts.includes(one.kind.type),
    }))
    .sort(byState);
}

export type FleetCounts = Readonly<Record<FleetState, number>>;

export function countsOf(fleet: readonly ResourceKeyState[]): FleetCounts {
  const counts = Object.fromEntries(fleetStates.map((state) => [state, 0])) as Record<FleetState, number>;
  for (const { state } of fleet) counts[state] += 1;
  return counts;
}

/** Open drifts by what was found. */
export interface DriftSummary {
  readonly code: DriftCode;
  readonly ids: readonly string[];
  /** Names of the resources, in order. Two can have one name. */
  readonly names: readonly string[];
  /** ISO 8601: when the first of them was found. */
  readonly since: string;
}

/** `drifts`: open ones, by ARM id in lower case. Also of deleted resources, which aren't in the list. */
export function driftSummaries(
  drifts: ReadonlyMap<string, Drift>,
  fleet: readonly ResourceKeyState[],
  isShown: (name: string, noun: string) => boolean,
): readonly DriftSummary[] {
  const listed = new Map(fleet.map((one) => [one.id.toLowerCase(), one]));
  const byCode = new Map<DriftCode, { ids: string[]; names: string[]; times: string[] }>();
  for (const [id, { found }] of drifts) {
    const kind = readableKinds.find(({ type }) => type.toLowerCase() === armTypeOf(id));
    const { name } = listed.get(id) ?? armIdParts(ArmId.parse(id));
    if (!isShown(name, kind?.noun ?? '')) continue;
    for (const { state, foundAt } of found) {
      const known = byCode.get(state.code) ?? { ids: [], names: [], times: [] };
      known.ids.push(id);
      known.names.push(name);
      known.times.push(foundAt);
      byCode.set(state.code, known);
    }
  }
  return [...byCode]
    .map(([code, { ids, names, times }]) => ({ code, ids, names: names.sort(), since: times.sort()[0] ?? '' }))
    .sort(byUrgency);
}
