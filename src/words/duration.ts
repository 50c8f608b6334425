import { countOf } from './count.ts';

/** The largest unit that fits, rounded: `2 days`, `90 seconds`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return countOf(seconds, 'second', 'seconds');
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return countOf(minutes, 'minute', 'minutes');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? countOf(hours, 'hour', 'hours') : countOf(Math.round(hours / 24), 'day', 'days');
}
