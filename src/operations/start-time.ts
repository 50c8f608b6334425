/** Start time of a form's change, between its card's inputs and UTC. */

import dayjs from 'dayjs';
import timezone from 'dayjs/plugin/timezone.js';
import utc from 'dayjs/plugin/utc.js';
import { z } from 'zod';
import { type Refusal, refuse } from '../domain/request/refusal.ts';

dayjs.extend(utc);
dayjs.extend(timezone);

/** The card's inputs, empty if nothing was chosen. `zone` is the client's time zone (`Europe/Berlin`; empty: unknown). */
export interface StartInputs {
  /** `2026-11-29` */
  readonly startDay: string;
  /** `02:00` */
  readonly startTime: string;
  readonly zone: string;
}

const Day = z.iso.date();
/** Precision: minutes. */
const Time = z.iso.time({ precision: -1 });

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== null;
  } catch {
    return false;
  }
};

const zoneOf = (zone: string): string => (isZone(zone) ? zone : 'UTC');

const dayAndTime = {
  ...({ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const),
  hourCycle: 'h23',
} as const;

/**
 * Converts a start time to card inputs in the reader's time zone. Doesn't use `dayjs`: it goes through this process's own time
 * zone, and is an hour off in the hour that daylight saving time skips there.
 */
export function toStartInputs(notBefore: string | null, zone: string): Pick<StartInputs, 'startDay' | 'startTime'> {
  if (notBefore === null) return { startDay: '', startTime: '' };
  const parts = new Intl.DateTimeFormat('en', { ...dayAndTime, timeZone: zoneOf(zone) }).formatToParts(
    new Date(notBefore),
  );
  const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return { startDay: `${year}-${month}-${day}`, startTime: `${hour}:${minute}` };
}

/**
 * Returns the chosen start time as ISO 8601 in UTC; null: none. With an unknown time zone, the input counts as UTC. The card
 * then shows the result in the reader's own time.
 */
export function parseStartTime({ startDay, startTime, zone }: StartInputs): string | null | Refusal {
  if (startDay === '' && startTime === '') return null;
  if (!Day.safeParse(startDay).success || !Time.safeParse(startTime).success) return refuse('start-half-chosen');
  return dayjs.tz(`${startDay} ${startTime}`, zoneOf(zone)).toISOString();
}
