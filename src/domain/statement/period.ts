/** Periods of whole days in UTC. Pure. */

/** Days in UTC, `YYYY-MM-DD`, inclusive. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

const dayMs = 24 * 3_600_000;
const dayLength = 10;

const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, dayLength);

/** `time`: ISO 8601, UTC. */
export const isWithin = ({ from, to }: Period, time: string): boolean => !isAfter({ to }, time) && dayOf(time) >= from;
export const isAfter = ({ to }: Pick<Period, 'to'>, time: string): boolean => dayOf(time) > to;

const dayOf = (time: string): string => time.slice(0, dayLength);

/** The period of the same length that ends the day before. */
export function periodBefore({ from, to }: Period): Period {
  const days = (startOf(to) - startOf(from)) / dayMs + 1;
  return { from: dayAt(startOf(from) - days * dayMs), to: dayAt(startOf(from) - dayMs) };
}

/** Whole days from a time to the end of the period. */
export const ageInDays = ({ to }: Period, time: string): number =>
  Math.max(0, Math.floor((startOf(to) + dayMs - Date.parse(time)) / dayMs));
