/** One cycle of the key watch: reads resources, compares each with what was approved, and stores what is news. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../domain/failure.ts';
import { sameKey } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { ResourceKeys } from '../../domain/ports/inventory.ts';
import type { Drifts, Requests } from '../../domain/ports/store.ts';
import type { Overdue } from '../../domain/ports/telemetry.ts';
import { accept } from '../../domain/request/request-command.ts';
import { causesOf } from '../../domain/watch/causes.ts';
import {
  approvedKey,
  type DriftVerdict,
  judgeDrift,
  type LastVerified,
  type VerifiedResources,
} from '../../domain/watch/drift.ts';
import {
  causesSought,
  type Drift,
  decideDrift,
  isNews,
  type KnownCauses,
  statesAfter,
} from '../../domain/watch/resource-watch.ts';
import type { DriftState, WatchedPart } from '../../domain/watch/state.ts';
import { kindNamed, kinds } from '../../operations/resources/registry.ts';
import { openResourceReader } from './read-resource.ts';

export interface CyclePorts {
  readonly azure: Pick<Azure, 'resources' | 'vaults' | 'keys' | 'grants' | 'vaultLog' | 'inventory' | 'changes'>;
  readonly requests: Pick<Requests, 'held'>;
  readonly drifts: Drifts;
  readonly verified: () => Promise<VerifiedResources>;
  readonly now: () => Date;
  /** So long after a success Azure's reads might not show it everywhere. */
  readonly settleMs: number;
  /** The cycle's reads are spread over it. */
  readonly intervalMs: number;
  /** Aborted when the bot stops: the cycle ends early. */
  readonly signal: AbortSignal;
  /** How long no cycle could read and judge every resource, beyond what is normal. An alert reads it in the log. */
  readonly watching: Pick<Overdue, 'seconds'>;
  readonly log: { warn(fields: object, message: string): void };
}

export interface CycleResult {
  /** By ARM id in lower case: those that this cycle judged. */
  readonly verdicts: ReadonlyMap<string, DriftVerdict>;
  /** It ended by itself, and could read and judge every resource. */
  readonly isWhole: boolean;
  /** Where the next cycle continues. */
  readonly cursor: string;
}

/**
 * Resources that one cycle reads from ARM beside those that look different in Resource Graph: at four reads each and a cycle in ten
 * minutes, half of what Azure lets an identity read of one subscription (25 a second), and 10,000 resources within the hour.
 */
const mostRead = 1_800;
/** In this part of the interval. Read at once, they would use up what the runs of requests need. */
const spread = 0.95;
const atOnce = 8;

/** Whether the list of all resources already shows that the resource isn't as approved. */
function looksDifferent(kept: Outcome<ResourceKeys>): (verified: LastVerified, id: string) => boolean {
  if (!kept.ok) return () => false;
  const { resources, unread } = kept.value;
  const keys = new Map(resources.map(({ id, customerKey }) => [id.toLowerCase(), customerKey]));
  return (verified, id) => {
    const key = keys.get(id);
    if (key === undefined) return unread.every(({ subscriptionId }) => !id.includes(subscriptionId.toLowerCase()));
    return key === null || !sameKey(key, approvedKey(verified));
  };
}

/** Those to read now: with a drift, or that look different, then the next ones after the cursor, around the end. */
function chosen(
  all: VerifiedResources,
  open: ReadonlyMap<string, Drift>,
  looks: ReturnType<typeof looksDifferent>,
  cursor: string,
): readonly string[] {
  const isUrgent = (id: string, verified: LastVerified): boolean => open.has(id) || looks(verified, id);
  const urgent = new Set([...all].flatMap(([id, verified]) => (isUrgent(id, verified) ? [id] : [])));
  const rest = [...all.keys()].filter((id) => !urgent.has(id)).sort();
  const next = [...rest.filter((id) => id > cursor), ...rest.filter((id) => id <= cursor)];
  return [...urgent, ...next.slice(0, mostRead)];
}

/** From a request's first change until it ends, what Azure shows is on its way. One that is to start later changes nothing yet. */
async function busyResources({ requests }: CyclePorts): Promise<ReadonlySet<string>> {
  return new Set([...(await requests.held())].filter(([, { touched }]) => touched).map(([id]) => id));
}

/** More aren't looked for in one cycle: Resource Graph takes 15 queries in five seconds. The next cycle continues. */
const mostCauses = 30;

interface CycleState {
  readonly id: string;
  readonly read: ReturnType<typeof openResourceReader>;
  readonly open: ReadonlyMap<string, Drift>;
  causesLeft: number;
}

/** Resource Graph first: its records name what changed. */
async function causesFor(
  { azure }: CyclePorts,
  cycle: CycleState,
  verified: LastVerified,
  fresh: readonly DriftState[],
): Promise<KnownCauses> {
  if (fresh.length === 0 || cycle.causesLeft <= 0) return new Map();
  cycle.causesLeft -= 1;
  const places = [verified.resource.id, verified.vault.id];
  const since = new Date(verified.at);
  const kind = kindNamed(verified.resource.kind);
  const inGraph = await azure.changes.since(places, since);
  const changes = inGraph.ok ? inGraph.value : [];
  const known = causesOf(fresh, verified, changes, kind);
  const left = fresh.filter(({ code }) => !known.has(code));
  if (left.length === 0) return known;
  const inLog = await azure.changes.activity(places, since);
  return inLog.ok ? new Map([...known, ...causesOf(left, verified, [...changes, ...inLog.value], kind)]) : known;
}

/** Judges one resource, and stores what is news. Null: it can't be judged now. */
async function watchResource(
  ports: CyclePorts,
  cycle: CycleState,
  id: string,
  verified: LastVerified,
): Promise<DriftVerdict | null> {
  const verdict = judgeDrift(verified, await cycle.read(verified), ports.now());
  const drift = cycle.open.get(id) ?? null;
  const known = new Set(drift?.found.map(({ state }) => state.code));
  const fresh = statesAfter(drift, verdict).filter(({ code }) => !known.has(code));
  const causes = await causesFor(ports, cycle, verified, [...fresh, ...causesSought(drift, ports.now())]);
  if (!isNews(drift, { verified, verdict }) && causes.size === 0) return verdict;
  // Another replica can have stored a newer finding since. So news is read again, after what is stored, and dropped if more is.
  const before = await ports.drifts.of(verified.resource.id);
  const reading = await openResourceReader(ports.azure, ports.now())(verified);
  const finding = { verified, verdict: judgeDrift(verified, reading, ports.now()) };
  if (before === null && !isNews(null, finding)) return finding.verdict;
  // Had a run begun since, what was read could be its doing; had one ended, another state would be the approved one.
  const [busy, current] = await Promise.all([busyResources(ports), ports.verified()]);
  if (busy.has(id) || current.get(id)?.request !== verified.request) return null;
  await ports.drifts.append(verified.resource.id, `watch:${cycle.id}`, (watch, at) =>
    watch?.revision === before?.revision ? decideDrift(watch, finding, causes, at) : accept(),
  );
  return finding.verdict;
}

/** Counts the resources that couldn't be read, by part: what was found of them before still holds, and nothing new is found. */
function countUnread(verdicts: Iterable<DriftVerdict>): Partial<Record<WatchedPart, number>> {
  const counts: Partial<Record<WatchedPart, number>> = {};
  for (const { unread } of verdicts) for (const part of unread) counts[part] = (counts[part] ?? 0) + 1;
  return counts;
}

/** Logs what kept the cycle from being whole. Returns whether it was. */
async function logGaps(
  { log, watching }: CyclePorts,
  verdicts: Iterable<DriftVerdict>,
  failures: readonly unknown[],
): Promise<boolean> {
  const unread = countUnread(verdicts);
  const isRead = Object.keys(unread).length === 0;
  if (failures.length === 0 && isRead) return true;
  const overdueSeconds = await watching.seconds().catch(() => null);
  const failed = { err: failures[0], resources: failures.length };
  if (failures.length > 0)
    log.warn({ ...failed, overdueSeconds }, 'the key watch couldn’t judge some resources, and tries again');
  if (!isRead) log.warn({ resources: unread, overdueSeconds }, 'the key watch couldn’t read some resources');
  return false;
}

/** `id`: unique for each cycle, so that an append that was repeated stores once. */
export async function watchCycle(ports: CyclePorts, id: string, cursor: string): Promise<CycleResult> {
  const all = await ports.verified();
  if (all.size === 0) return { verdicts: new Map(), isWhole: true, cursor };
  const [open, busy, kept] = await Promise.all([
    ports.drifts.open(),
    busyResources(ports),
    ports.azure.inventory.resourceKeys(kinds),
  ]);
  const settledBefore = ports.now().getTime() - ports.settleMs;
  const isSettled = (id: string): boolean => Date.parse(all.get(id)?.at ?? '') <= settledBefore;
  const queue = chosen(all, open, looksDifferent(kept), cursor);
  const pending = queue.filter((id) => !busy.has(id) && isSettled(id));
  const cycle = { id, read: openResourceReader(ports.azure, ports.now()), open, causesLeft: mostCauses };
  const verdicts = new Map<string, DriftVerdict>();
  const failures: unknown[] = [];
  const { intervalMs, signal } = ports;
  const began = performance.now();
  const turn = async (n: number): Promise<void> => {
    const early = began + (n * spread * intervalMs) / mostRead - performance.now();
    if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
  };
  let next = 0;
  const read = async (): Promise<void> => {
    for (let n = next++; n < pending.length; n = next++) {
      await turn(n);
      if (signal.aborted) return;
      const id = pending[n] ?? '';
      const verified = all.get(id);
      if (verified === undefined) continue;
      // A resource that can't be judged doesn't keep the others from it.
      const [found] = await Promise.allSettled([watchResource(ports, cycle, id, verified)]);
      if (found.status === 'rejected') failures.push(found.reason);
      else if (found.value !== null) verdicts.set(id, found.value);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, read));
  const isWhole = (await logGaps(ports, verdicts.values(), failures)) && !signal.aborted;
  return { verdicts, isWhole, cursor: signal.aborted ? cursor : (queue.at(-1) ?? '') };
}
