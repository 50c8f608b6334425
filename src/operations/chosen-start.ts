/** A start that somebody chose on a card: a day and a time of day, as their clock shows it. */
import dayjs from 'dayjs';
import timezone from 'dayjs/plugin/timezone.js';
import utc from 'dayjs/plugin/utc.js';
import { z } from 'zod';
import { type Refusal, refuse } from '../domain/request/refusal.ts';

dayjs.extend(utc);
dayjs.extend(timezone);

/** What the card's inputs hold, empty where nothing was chosen, and where the person is (`Europe/Berlin`, empty: unknown). */
export interface StartInputs {
  /** `2026-11-29` */
  readonly startDay: string;
  /** `02:00` */
  readonly startTime: string;
  readonly zone: string;
}

export const noStart: StartInputs = { startDay: '', startTime: '', zone: '' };

const Day = z.iso.date();
/** To the minute. */
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
 * A start as the inputs hold it, by the reader's clock. Not by `dayjs`: it goes through this process's own time zone, and is
 * an hour off in the hour that summer time skips there.
 */
export function startInputsOf(notBefore: string | null, zone: string): Pick<StartInputs, 'startDay' | 'startTime'> {
  if (notBefore === null) return { startDay: '', startTime: '' };
  const parts = new Intl.DateTimeFormat('en', { ...dayAndTime, timeZone: zoneOf(zone) }).formatToParts(
    new Date(notBefore),
  );
  const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return { startDay: `${year}-${month}-${day}`, startTime: `${hour}:${minute}` };
}

/**
 * The moment that was chosen, ISO 8601 in UTC; null where none was. Of a place that is not known the time counts as UTC: the
 * card says in the reader's own time what came of it.
 */
export function chosenStart({ startDay, startTime, zone }: StartInputs): string | null | Refusal {
  if (startDay === '' && startTime === '') return null;
  if (!Day.safeParse(startDay).success || !Time.safeParse(startTime).success) return refuse('start-half-chosen');
  return dayjs.tz(`${startDay} ${startTime}`, zoneOf(zone)).toISOString();
}
