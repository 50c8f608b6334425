/** Drifts in a statement: those that are open at its end, and those that were opened, changed and closed in its period. Pure. */
import type { EventBodyOf, StoredEvent } from '../request/events.ts';
import { type DriftCode, type DriftEventType, isDriftEvent } from '../watch/state.ts';
import type { StreamEvent } from './approved-state.ts';
import { ageInDays, type EventDays, isOfPeriod, type Period } from './period.ts';

export interface OpenDrift {
  /** Number of the event that opened it. */
  readonly event: number;
  readonly openedAt: string;
  readonly ageDays: number;
  /** As last found. */
  readonly states: readonly DriftCode[];
}

export interface DriftChange {
  readonly agent: string;
  readonly name: string;
  readonly event: number;
  readonly at: string;
  /** As found when it was opened or changed, or last before it was closed. */
  readonly states: readonly DriftCode[];
}

type DriftEvent = StoredEvent & { readonly body: EventBodyOf<DriftEventType> };

const isDrift = (event: StoredEvent): event is DriftEvent => isDriftEvent(event.body.type);
const statesIn = ({ body }: DriftEvent): readonly DriftCode[] =>
  body.type === 'drift-closed' ? [] : body.data.found.map(({ state }) => state.code);
const driftsIn = (events: readonly StreamEvent[]): readonly DriftEvent[] =>
  events.map(({ event }) => event).filter(isDrift);
const agentOf = ({ body }: DriftEvent): string => (body.target ?? '').toLowerCase();

/** By ARM id in lower case. */
export function openDriftsIn(events: readonly StreamEvent[], period: Period): ReadonlyMap<string, OpenDrift> {
  const open = new Map<string, OpenDrift>();
  for (const event of driftsIn(events)) {
    const agent = agentOf(event);
    const known = open.get(agent) ?? { event: event.seq, openedAt: event.time, ageDays: ageInDays(period, event.time) };
    if (event.body.type === 'drift-closed') open.delete(agent);
    else open.set(agent, { ...known, states: statesIn(event) });
  }
  return open;
}

export function driftChangesIn(events: readonly StreamEvent[], days: EventDays, period: Period) {
  const found = new Map<string, readonly DriftCode[]>();
  const changes: Record<DriftEventType, DriftChange[]> = {
    'drift-opened': [],
    'drift-changed': [],
    'drift-closed': [],
  };
  for (const event of driftsIn(events)) {
    const agent = agentOf(event);
    const states = event.body.type === 'drift-closed' ? (found.get(agent) ?? []) : statesIn(event);
    found.set(agent, states);
    const { agentName: name } = event.body.data;
    const change = { agent: event.body.target ?? '', name, event: event.seq, at: event.time, states };
    if (isOfPeriod(period, days, event.seq)) changes[event.body.type].push(change);
  }
  return {
    driftsOpened: changes['drift-opened'],
    driftsChanged: changes['drift-changed'],
    driftsClosed: changes['drift-closed'],
  };
}
