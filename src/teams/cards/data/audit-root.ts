import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Fact } from './row.ts';

/** The one post per request in the audit channel; edited as the request goes on. */
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
