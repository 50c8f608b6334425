/** State of a form between clicks, independent of its cards, and its start time. The same for all operations. */

import dayjs from 'dayjs';
import timezone from 'dayjs/plugin/timezone.js';
import utc from 'dayjs/plugin/utc.js';
import { z } from 'zod';
import { FormId, PersonId, RequestId } from '../domain/ids.ts';
import { Actor } from '../domain/request/events.ts';
import { Origin } from '../domain/request/payloads.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';

/** Pages of a form. A closed list, because each page has its own card. */
export const PageName = z.enum(['resource', 'vault', 'key', 'version', 'review']);
export type PageName = z.infer<typeof PageName>;

export const Form = z.strictObject({
  id: FormId,
  /** Created when the form opens, so that submitting twice makes one request. */
  requestId: RequestId,
  operation: z.string(),
  /** Revision of the waiting request that this form edits; null: it makes a new request. */
  changes: z.strictObject({ asking: z.number().int() }).nullable().default(null),
  /** The rejected request that it asks for again: its reason is shown. */
  rejected: RequestId.optional(),
  /** The ended request whose texts this form repeats: erasing them deletes the form. */
  repeats: RequestId.optional(),
  owner: PersonId,
  actor: Actor,
  origin: Origin,
  /** Its message is for its owner alone, and never becomes a request's card. */
  alone: z.literal(true).optional(),
  /** Number of pages shown. Every button carries it; a button of an earlier page only shows the current page. */
  revision: z.number().int(),
  page: PageName,
  /** Answers by page. Each page's schema reads its own. */
  answers: z.partialRecord(PageName, z.unknown()),
  /** On the key page: an existing or a new key; null: not chosen yet. */
  keyWay: z.enum(['existing', 'new']).nullable().default(null),
  /** Digest of the plan on the review page. If the plan changes, submitting shows the page again. */
  shownDigest: z.string().nullable(),
  /** Stored while the person corrects the form. */
  justification: z.string(),
  changeReference: z.string().default(''),
  /** Chosen start day and time, as typed. */
  startDay: z.string().default(''),
  startTime: z.string().default(''),
  /**
   * Click that waits for Azure, with its inputs. `look` identifies the Azure lookup; results of any other lookup are ignored.
   */
  pending: z
    .strictObject({ verb: z.string(), inputs: z.record(z.string(), z.string()), look: z.string().default('') })
    .nullable(),
  /** `left`: abandoned; the owner can resume it. */
  ended: z.enum(['submitted', 'cancelled', 'left']).nullable(),
});
export type Form = z.infer<typeof Form>;

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
