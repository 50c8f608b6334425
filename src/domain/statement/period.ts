/** Periods of whole days in UTC. Pure. */

/** Days in UTC, `YYYY-MM-DD`, inclusive. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const dayLength = 10;

const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, dayLength);

/** `time`: ISO 8601, UTC. */
export const isWithin = ({ from, to }: Period, time: string): boolean => dayOf(time) <= to && dayOf(time) >= from;

const dayOf = (time: string): string => time.slice(0, dayLength);

/** The days of the events of a log, by their numbers. */
export type EventDays = ReadonlyMap<number, string>;

/**
 * Each event's own day, but at most that of any later event: while the clock was ahead, events got days that are too late. So no
 * day is before that of an earlier event, and the events up to a day begin the log.
 */
export function eventDays(
  log: readonly { readonly event: { readonly seq: number; readonly time: string } }[],
): EventDays {
  const days = new Map<number, string>();
  let day: string | null = null;
  for (const { event } of log.toReversed()) {
    const own = dayOf(event.time);
    if (day === null || own < day) day = own;
    days.set(event.seq, day);
  }
  return days;
}

export const isUpTo = ({ to }: Period, days: EventDays, seq: number): boolean => (days.get(seq) ?? '') <= to;
export const isOfPeriod = (period: Period, days: EventDays, seq: number): boolean =>
  isUpTo(period, days, seq) && (days.get(seq) ?? '') >= period.from;

/** The period of the same length that ends the day before. */
export function periodBefore({ from, to }: Period): Period {
  const days = (startOf(to) - startOf(from)) / dayMs + 1;
  return { from: dayAt(startOf(from) - days * dayMs), to: dayAt(startOf(from) - dayMs) };
}

/** Whole days from a time to the end of the period. */
export const ageInDays = ({ to }: Period, time: string): number =>
  Math.max(0, Math.floor((startOf(to) + dayMs - Date.parse(time)) / dayMs));
