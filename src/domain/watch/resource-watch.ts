/** The stream of a resource: its drifts are the fold of their events. Deciding and folding are pure. */
import { canonicalJson } from '../canonical-json.ts';
import { ArmId, type DriftId } from '../ids.ts';

import type { Consequence } from '../request/consequences.ts';
import { decideErasure } from '../request/decide.ts';
import { type Actor, botActor, newEvent, type StoredEvent } from '../request/events.ts';
import { refuse } from '../request/refusal.ts';

import { accept, type Decision } from '../request/request-command.ts';
import { carriedOver, type DriftVerdict, type LastVerified } from './drift.ts';
import { type DriftCause, type DriftCode, type DriftState, severityOf, unknownCause } from './state.ts';

export interface DriftFinding {
  readonly state: DriftState;
  readonly cause: DriftCause;
  /** Who made the change, in Azure's words. Null: not known, or erased. */
  readonly by: string | null;
  readonly foundAt: string;
}

export interface Drift {
  /** The revision of the event that opened it: tells the resource's drifts from each other. */
  readonly number: number;
  readonly openedAt: string;
  /** Null: it is open. */
  readonly closedAt: string | null;
  readonly basis: Pick<LastVerified, 'request' | 'planDigest'>;
  /** The revision of the event that last made it critical. Null: it never was. */
  readonly criticalFrom: number | null;
  readonly found: readonly DriftFinding[];
}

export interface ResourceWatch {
  readonly id: DriftId;
  readonly resource: ArmId;
  readonly resourceName: string;
  readonly revision: number;
  /** Oldest first. Only the last can be open. */
  readonly drifts: readonly Drift[];
}

/** Whether it is open, and the resource's data is or soon might be unreadable, or isn't under the approved key. */
export const isCritical = ({ closedAt, found }: Pick<Drift, 'closedAt' | 'found'>): boolean =>
  closedAt === null && found.some(({ state }) => severityOf(state.code) === 'critical');

export const openDriftOf = (watch: ResourceWatch | null): Drift | null => {
  const last = watch?.drifts.at(-1) ?? null;
  return last?.closedAt === null ? last : null;
};

export function evolveWatch(watch: ResourceWatch, { body, texts, time, revision }: StoredEvent): ResourceWatch {
  const next = { ...watch, revision };
  if (body.type !== 'drift-found') return next;
  if (body.data.found.length === 0) {
    const drifts = watch.drifts.map((drift) => (drift.closedAt === null ? { ...drift, closedAt: time } : drift));
    return { ...next, drifts };
  }
  const { resourceName, basis } = body.data;
  const found = body.data.found.map((one) => ({ ...one, by: texts[`by.${one.state.code}`] ?? null }));
  const open = openDriftOf(watch);
  const becameCritical = isCritical({ closedAt: null, found }) && (open === null || !isCritical(open));
  const drift = {
    number: open?.number ?? revision,
    openedAt: open?.openedAt ?? time,
    closedAt: null,
    basis,
    found,
    criticalFrom: becameCritical ? revision : (open?.criticalFrom ?? null),
  };
  const before = open === null ? watch.drifts : watch.drifts.slice(0, -1);
  return { ...next, resourceName, drifts: [...before, drift] };
}

/** Null before the first event. */
export function foldWatch(id: DriftId, events: readonly StoredEvent[]): ResourceWatch | null {
  const [first] = events;
  if (first === undefined) return null;
  const resource = ArmId.parse(first.body.target);
  return events.reduce(evolveWatch, { id, resource, resourceName: '', revision: 0, drifts: [] });
}

/** Causes by state, with the name that isn't part of the event. */
export type KnownCauses = ReadonlyMap<DriftCode, { readonly cause: DriftCause; readonly by: string | null }>;

export interface Finding {
  readonly verified: LastVerified;
  readonly verdict: DriftVerdict;
}

/** The states that the drift has after the verdict: those that people are alerted to. */
export const statesAfter = (open: Drift | null, verdict: DriftVerdict): readonly DriftState[] =>
  carriedOver(open?.found.map(({ state }) => state) ?? [], verdict).filter(({ code }) => severityOf(code) !== 'info');

const sameStates = (a: readonly DriftState[], b: readonly DriftState[]): boolean =>
  canonicalJson(a) === canonicalJson(b);

/** Whether an open drift was compared with another approval: its alert names that one's key and version. */
const isOutdated = (open: Drift | null, { request }: LastVerified): boolean =>
  open !== null && open.basis.request !== request;

/** Whether the finding changes anything: if not, nothing has to be stored. */
export const isNews = (open: Drift | null, { verified, verdict }: Finding): boolean =>
  isOutdated(open, verified) || !sameStates(open?.found.map(({ state }) => state) ?? [], statesAfter(open, verdict));

/** Azure's records of changes come minutes late: until then a cause that isn't known is looked for again. */
const causesWithinMs = 30 * 60_000;

/** States of the drift whose cause might still be found. */
export const causesSought = (open: Drift | null, now: Date): readonly DriftState[] =>
  (open?.found ?? []).flatMap(({ state, cause, foundAt }) =>
    cause.source === 'unknown' && now.getTime() - Date.parse(foundAt) <= causesWithinMs ? [state] : [],
  );

/** Erases the names of those who changed the resource. The drifts stay as they are. */
export function eraseNames(watch: ResourceWatch | null, actor: Actor, reason: string): Decision {
  const last = watch?.drifts.at(-1);
  if (watch === null || last === undefined) return refuse('unknown-request');
  return decideErasure({ id: watch.id, digest: last.basis.planDigest, target: watch.resource }, actor, reason);
}

/** Stores the verdict, or nothing if it says what is stored: so two replicas that find the same store it once. */
export function decideDrift(
  watch: ResourceWatch | null,
  { verified, verdict }: Finding,
  causes: KnownCauses,
  now: Date,
): Decision {
  const open = openDriftOf(watch);
  const { request, planDigest, resourceName, resource } = verified;
  const data = { kind: resource.kind, resourceName, basis: { request, planDigest } };
  const rest = { planDigest, target: resource.id as string };
  const found = statesAfter(open, verdict).map((state): DriftFinding => {
    const before = open?.found.find((one) => one.state.code === state.code);
    const told = causes.get(state.code) ?? { cause: unknownCause, by: null };
    if (before === undefined || !sameStates([before.state], [state]))
      return { state, ...told, foundAt: now.toISOString() };
    return before.cause.source === 'unknown' ? { ...before, ...told } : before;
  });
  if (!isOutdated(open, verified) && canonicalJson(found) === canonicalJson(open?.found ?? [])) return accept();
  const texts = Object.fromEntries(found.flatMap(({ state, by }) => (by === null ? [] : [[`by.${state.code}`, by]])));
  const stored = found.map(({ by: _, ...one }) => one);
  const result = found[0]?.state.code ?? 'as-approved';
  return accept(newEvent('drift-found', botActor, { ...data, found: stored }, { ...rest, result }, texts));
}

/** A drift is told when it opens, becomes critical later, and closes: of what else changes, the card tells. */
const webhooksOf = (drifts: readonly Drift[], events: readonly StoredEvent[]): readonly Consequence[] =>
  events.flatMap(({ body, revision, time }) => {
    const { number, criticalFrom } = drifts.at(-1) ?? {};
    if (body.type !== 'drift-found' || number === undefined) return [];
    const later = revision === criticalFrom ? `critical-${revision}` : null;
    const what = body.data.found.length === 0 ? 'closed' : revision === number ? 'opened' : later;
    return what === null ? [] : [{ kind: 'webhook', key: `${number}-${what}`, dueAt: time }];
  });

/**
 * What follows from events of a resource's drifts: the card of the last drift, which is the only one that they can change. Erased
 * names are on every card.
 */
export function alertsOf({ drifts }: ResourceWatch, events: readonly StoredEvent[]): readonly Consequence[] {
  const dueAt = events.at(-1)?.time;
  if (dueAt === undefined) return [];
  const changed = events.some(({ body }) => body.type === 'texts-erased') ? drifts : drifts.slice(-1);
  return [
    ...changed.map(({ number }) => ({ kind: 'alert', key: `${number}`, dueAt }) as const),
    ...webhooksOf(drifts, events),
  ];
}
