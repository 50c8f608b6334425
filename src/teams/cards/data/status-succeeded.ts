import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Fact, Row, requestHeader } from './row.ts';

/** Success: what is verified, what isn't, and what people must retain. */
export const StatusSucceededData = z.strictObject({
  ...requestHeader,
  /** Key, key vault, expiry. */
  change: z.array(Fact).min(2).max(6),
  /** `Verification level: key tested` */
  level: CardText,
  /** Each verification level, also those not reached. */
  proofs: z.array(Row).min(1).max(6),
  /** What people must retain. */
  consequences: z.array(Row).max(4),
  /** `4 changes made in Azure` */
  changesTitle: CardText,
  changes: z.array(Row).min(1).max(12),
  /** `**Requester** requested it: “…”`, `**Approver** approved: “…”` */
  said: CardText,
  /** The duration and the plan digest. */
  note: CardText,
});
export type StatusSucceededData = z.infer<typeof StatusSucceededData>;
