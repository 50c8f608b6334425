/** State of a form between clicks, independent of its cards. The same for all operations. */

import { z } from 'zod';
import { FormId, PersonId, RequestId } from '../domain/ids.ts';
import { Actor } from '../domain/request/events.ts';
import { Origin } from '../domain/request/payloads.ts';

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
