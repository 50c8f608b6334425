import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Fact } from './row.ts';

/** The root post of a request in the audit channel; updated as the request continues. */
export const AuditRootData = z.strictObject({
  fallbackText: Label,
  requestId: z.string(),
  resource: CardText,
  change: CardText,
  facts: z.array(Fact).min(1).max(8),
  /** Sequence number of the last event shown in this channel. */
  shownUpTo: CardText,
});
export type AuditRootData = z.infer<typeof AuditRootData>;
