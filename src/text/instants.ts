/**
 * The one form of times in text: UTC, the day first, as in the record. Cards that a client draws have times in the reader's own
 * form instead: see `dateAndTime` of `src/teams/cards/plain-text.ts`.
 */
import { durationWords } from './duration.ts';

/** `form` of what is a time or a day; what is neither stays as it is. */
function formed(time: string, form: (day: string, timeOfDay: string) => string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const iso = at.toISOString();
  return form(iso.slice(0, 10), iso.slice(11, 19));
}

/** `2028-01-12` */
export const utcDay = (time: string): string => formed(time, (day) => day);

/** `14:02:17`, beside something that says the day and that it is UTC. */
export const utcTimeOfDay = (time: string): string => formed(time, (_day, timeOfDay) => timeOfDay);

/** `2026-11-24 14:02 UTC` */
export const utcMinute = (time: string): string =>
  formed(time, (day, timeOfDay) => `${day} ${timeOfDay.slice(0, 5)} UTC`);

/** `2026-11-24 14:02:17 UTC` */
export const utcSecond = (time: string): string => formed(time, (day, timeOfDay) => `${day} ${timeOfDay} UTC`);

const months = 'January February March April May June July August September October November December'.split(' ');

/** `24 November 2026, 23:55:28 UTC`, for what is printed and read aloud. */
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
