/** A form of any operation: what it remembers between clicks, whatever shows it. */
import { z } from 'zod';
import { FormId, PersonId, RequestId } from '../domain/ids.ts';
import { Actor } from '../domain/request/events.ts';
import { Origin } from '../domain/request/payloads.ts';

/** What a page asks. Closed, because each has a card of its own. */
export const PageName = z.enum(['resource', 'vault', 'key', 'version', 'review']);
export type PageName = z.infer<typeof PageName>;

export const Form = z.strictObject({
  id: FormId,
  /** Minted when the form opens, so that submitting twice makes one request. */
  requestId: RequestId,
  operation: z.string(),
  /** It changes a request that waits, and which question of it; null: it asks for a new one. */
  changes: z.strictObject({ asking: z.number().int() }).nullable().default(null),
  owner: PersonId,
  actor: Actor,
  origin: Origin,
  /** Counts pages shown; every button carries it, and a button of an earlier page only shows the current one. */
  revision: z.number().int(),
  page: PageName,
  /** By page, as the page's own schema reads them. */
  answers: z.partialRecord(PageName, z.unknown()),
  /** On the page of the key: whether one that exists is chosen, or a new one made; null: neither yet. */
  keyWay: z.enum(['existing', 'new']).nullable().default(null),
  /** Digest of the plan on the review page: submitting another one shows the page again. */
  shownDigest: z.string().nullable(),
  /** Kept while the form is corrected. */
  justification: z.string(),
  changeReference: z.string().default(''),
  /** The day and the time of day at which it is to start, as typed. */
  startDay: z.string().default(''),
  startTime: z.string().default(''),
  /**
   * A click that Azure is too slow for, with what was filled in, and which look at Azure is about it: what comes of any other
   * is not wanted any more.
   */
  pending: z
    .strictObject({ verb: z.string(), inputs: z.record(z.string(), z.string()), look: z.string().default('') })
    .nullable(),
  /** `left`: nobody went on with it; its owner still can. */
  ended: z.enum(['submitted', 'cancelled', 'left']).nullable(),
});
export type Form = z.infer<typeof Form>;
