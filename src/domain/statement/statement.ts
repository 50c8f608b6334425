/**
 * What the audit log says about all agents at the end of a period, and what changed in it. Calculated from the events alone, so
 * that anyone who has them can calculate it again; verify.py does. A change here needs the same change there.
 */
import type { GuardState } from '../observed.ts';
import { type CustomerKey, isNamedAlike } from '../observed.ts';
import type { ProofLevel } from '../proof.ts';
import type { EventType } from '../request/events.ts';
import { hasEnded } from '../request/request.ts';
import {
  type ApprovedState,
  approvedStates,
  type KnownRequest,
  requestsIn,
  type StatedException,
  type StreamEvent,
} from './approved-state.ts';
import { type DriftChange, driftChangesIn, type OpenDrift, openDriftsIn } from './drifts.ts';
import { ageInDays, type EventDays, eventDays, isOfPeriod, isUpTo, type Period, periodBefore } from './period.ts';

/** Version of the format. Raise it with every change. */
const statementVersion = 2;

/** The log that the statement rests on, up to its checkpoint. */
export interface StatedLog {
  readonly name: string;
  readonly events: number;
  /** Base64. */
  readonly root: string;
}

/** An agent at the end of the period. Null: not known, or none. Times are ISO 8601. */
export interface StatedAgent {
  readonly agent: string;
  readonly name: string;
  readonly request: string | null;
  /** Number of the event that says so. */
  readonly event: number | null;
  readonly key: CustomerKey | null;
  readonly setAt: string | null;
  readonly versionSince: string | null;
  readonly versionAgeDays: number | null;
  /** As approved: a time, `none` or `unknown`. */
  readonly expires: string | null;
  readonly level: ProofLevel | null;
  readonly levelAt: string | null;
  /** As read for the approved plan. */
  readonly guard: GuardState | null;
  readonly drift: OpenDrift | null;
}

const statedGaps = [
  'no-approved-key',
  'use-not-observed',
  'guard-unknown',
  'version-age-unknown',
  'expiry-unknown',
] as const;
export type StatedGap = (typeof statedGaps)[number];

export interface KeyChanged {
  readonly agent: string;
  readonly name: string;
  readonly request: string;
  readonly event: number;
  readonly at: string;
  /** Null: no approved key before. */
  readonly from: CustomerKey | null;
  readonly to: CustomerKey;
}

interface Counted {
  readonly before: number;
  readonly now: number;
}

const countedTypes = {
  submitted: 'submitted',
  approved: 'approved',
  rejected: 'rejected',
  cancelled: 'cancelled',
  expired: 'expired',
  succeeded: 'succeeded',
  failed: 'given-up',
  driftsOpened: 'drift-opened',
  driftsChanged: 'drift-changed',
  driftsClosed: 'drift-closed',
} as const satisfies Readonly<Record<string, EventType>>;
export type CountedName = keyof typeof countedTypes;
export const countedNames = Object.keys(countedTypes) as readonly CountedName[];

/** The difference from the period before. */
interface StatedChanges {
  readonly counts: Readonly<Record<CountedName, Counted>>;
  readonly agentsAdded: readonly KeyChanged[];
  readonly keysChanged: readonly KeyChanged[];
  readonly driftsOpened: readonly DriftChange[];
  readonly driftsChanged: readonly DriftChange[];
  readonly driftsClosed: readonly DriftChange[];
}

export interface Statement {
  readonly schema: number;
  readonly period: Period;
  readonly before: Period;
  readonly log: StatedLog;
  /** Of the last event that counts. Null: none. */
  readonly lastEvent: { readonly event: number; readonly time: string } | null;
  readonly changes: StatedChanges;
  readonly summary: {
    readonly agents: number;
    readonly withApprovedKey: number;
    readonly openDrifts: number;
    readonly openRequests: number;
    readonly exceptions: number;
  };
  readonly agents: readonly StatedAgent[];
  readonly exceptions: readonly StatedException[];
  /** What the log doesn't say, and about which agents. */
  readonly gaps: readonly { readonly code: StatedGap; readonly agents: readonly string[] }[];
}

export const hasChanged = ({ changes }: Pick<Statement, 'changes'>): boolean =>
  Object.values(changes.counts).some(({ now }) => now > 0);

function countsOf(events: readonly StreamEvent[], days: EventDays, period: Period): StatedChanges['counts'] {
  const before = periodBefore(period);
  const count = (type: EventType, within: Period): number =>
    events.filter(({ event }) => event.body.type === type && isOfPeriod(within, days, event.seq)).length;
  return Object.fromEntries(
    Object.entries(countedTypes).map(([name, type]) => [
      name,
      { before: count(type, before), now: count(type, period) },
    ]),
  ) as StatedChanges['counts'];
}

/** Every key that was approved and set in the period, next to the one before. */
function keyChangesIn(states: readonly ApprovedState[], days: EventDays, period: Period): readonly KeyChanged[] {
  const last = new Map<string, CustomerKey>();
  return states.flatMap(({ agent, name, request, event, at, key }) => {
    const from = last.get(agent.toLowerCase()) ?? null;
    last.set(agent.toLowerCase(), key);
    if (!isOfPeriod(period, days, event) || (from !== null && isNamedAlike(from, key))) return [];
    return [{ agent, name, request, event, at, from, to: key }];
  });
}

function statedAgent(
  { agent, name }: KnownRequest,
  state: ApprovedState | null,
  drift: OpenDrift | null,
  period: Period,
): StatedAgent {
  const versionSince = state?.versionSince ?? null;
  return {
    ...{ agent, name, request: state?.request ?? null, event: state?.event ?? null, key: state?.key ?? null },
    ...{ setAt: state?.setAt ?? null, versionSince },
    versionAgeDays: versionSince === null ? null : ageInDays(period, versionSince),
    ...{ expires: state?.expires ?? null, level: state?.level ?? null, levelAt: state?.levelAt ?? null },
    ...{ guard: state?.guard ?? null, drift },
  };
}

const lacks: Readonly<Record<StatedGap, (agent: StatedAgent) => boolean>> = {
  'no-approved-key': ({ key }) => key === null,
  'use-not-observed': ({ key, level }) => key !== null && level !== 'use-seen',
  'guard-unknown': ({ key, guard }) => key !== null && guard === null,
  'version-age-unknown': ({ key, versionSince }) => key !== null && versionSince === null,
  'expiry-unknown': ({ expires }) => expires === 'unknown',
};

function gapsOf(agents: readonly StatedAgent[]): Statement['gaps'] {
  return statedGaps.flatMap((code) => {
    const found = agents.filter(lacks[code]).map(({ agent }) => agent);
    return found.length === 0 ? [] : [{ code, agents: found }];
  });
}

const byId = <T>([a]: readonly [string, T], [b]: readonly [string, T]): number => (a < b ? -1 : 1);

/** `log`: all its events, oldest first. */
export function statementOf(log: readonly StreamEvent[], about: StatedLog, period: Period): Statement {
  const days = eventDays(log);
  const events = log.filter(({ event }) => isUpTo(period, days, event.seq));
  const requests = requestsIn(events);
  const states = approvedStates(requests);
  const latest = new Map(states.map((state) => [state.agent.toLowerCase(), state]));
  const drifts = openDriftsIn(events, period);
  const known = [...new Map(requests.map((one) => [one.agent.toLowerCase(), one]))].sort(byId);
  const agents = known.map(([id, one]) => statedAgent(one, latest.get(id) ?? null, drifts.get(id) ?? null, period));
  const exceptions = [...latest].sort(byId).flatMap(([, state]) => state.exceptions);
  const keys = keyChangesIn(states, days, period);
  const last = events.at(-1)?.event;
  return {
    ...{ schema: statementVersion, period, before: periodBefore(period), log: about },
    lastEvent: last === undefined ? null : { event: last.seq, time: last.time },
    changes: {
      counts: countsOf(events, days, period),
      agentsAdded: keys.filter(({ from }) => from === null),
      keysChanged: keys.filter(({ from }) => from !== null),
      ...driftChangesIn(events, days, period),
    },
    summary: {
      agents: agents.length,
      withApprovedKey: agents.filter(({ key }) => key !== null).length,
      openDrifts: agents.filter(({ drift }) => drift !== null).length,
      openRequests: requests.filter(({ request }) => !hasEnded(request)).length,
      exceptions: exceptions.length,
    },
    ...{ agents, exceptions, gaps: gapsOf(agents) },
  };
}
