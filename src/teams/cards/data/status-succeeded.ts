import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Row, requestHeader } from './row.ts';

/** Success: what is proved, what is not, and what follows from it. */
export const StatusSucceededData = z.strictObject({
  ...requestHeader,
  /** `The customer-managed key is set` */
  result: CardText,
  /** `cmk-triage-agent in kv-care-prod, version 5d1f0c2e` */
  resultNote: CardText,
  /** Each proof level, the ones not reached too. */
  proofs: z.array(Row).min(1).max(6),
  /** `**▲ From now on:** deleting this agent or this key loses its data for good. Export first.` */
  caution: CardText,
  /** What is true of the operation and has to be known. */
  notes: z.array(z.strictObject({ text: CardText })).max(4),
  /** Folded: what was changed, one row a change. */
  changes: z.array(Row).min(1).max(12),
  /** `**Requester** asked: “…”`, `**Approver** approved: “…”` */
  said: CardText,
  /** `Took 3 min 52 s from the request on. Plan 4f9a 2c71.` */
  note: CardText,
});
export type StatusSucceededData = z.infer<typeof StatusSucceededData>;
