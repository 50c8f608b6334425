/**
 * Times in text: UTC, the day first, as in the audit log.
 * Cards show times in the reader's own format instead: see `dateAndTime` in `src/teams/cards/plain-text.ts`.
 */
import { countOf } from './words.ts';

function formed(time: string, form: (day: string, timeOfDay: string) => string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const iso = at.toISOString();
  return form(iso.slice(0, 10), iso.slice(11, 19));
}

/** `2028-01-12` */
export const utcDay = (time: string): string => formed(time, (day) => day);

/** `14:02:17`, next to the day and the time zone. */
export const utcTimeOfDay = (time: string): string => formed(time, (_day, timeOfDay) => timeOfDay);

/** `2026-11-24 14:02 UTC` */
export const utcMinute = (time: string): string =>
  formed(time, (day, timeOfDay) => `${day} ${timeOfDay.slice(0, 5)} UTC`);

/** `2026-11-24 14:02:17 UTC` */
export const utcSecond = (time: string): string => formed(time, (day, timeOfDay) => `${day} ${timeOfDay} UTC`);

const months = 'January February March April May June July August September October November December'.split(' ');

/** `24 November 2026, 23:55:28 UTC`, for printed text. */
export const utcInWords = (time: string): string =>
  formed(time, (day, timeOfDay) => {
    const [year, month, date] = day.split('-').map(Number);
    return `${date} ${months[(month ?? 1) - 1]} ${year}, ${timeOfDay} UTC`;
  });

const minuteMs = 60_000;

/** `3 days left`, `2 hours ago`, `just now` */
export function fromNow(time: string, now: Date): string {
  const ms = Date.parse(time) - now.getTime();
  if (Math.abs(ms) < minuteMs) return 'just now';
  return ms > 0 ? `${durationWords(ms)} left` : `${durationWords(-ms)} ago`;
}

/** The largest unit that fits, rounded: `2 days`, `40 seconds`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return countOf(seconds, 'second', 'seconds');
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return countOf(minutes, 'minute', 'minutes');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? countOf(hours, 'hour', 'hours') : countOf(Math.round(hours / 24), 'day', 'days');
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** The two largest units, exactly: `40 s`, `1 min 20 s`, `2 h 3 min`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count} ${unit}`;
  });
  return parts.filter(Boolean).join(' ');
}
