import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

export const AuditEvent = z.strictObject({
  sequence: CardText,
  /** `**Approver approved**: plan 94dd 48cb` */
  text: CardText,
  /** UTC with seconds: `14:02:10`. */
  time: CardText,
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** Events of one request, batched in one reply in the audit channel. */
export const AuditReplyData = z.strictObject({
  fallbackText: Label,
  requestId: z.string(),
  /** `Events 117 – 121` */
  title: CardText,
  events: z.array(AuditEvent).min(1).max(20),
  /** `121: 9c0e51d7 …`, all 64 digits: a shorter hash could be forged by trial. */
  chain: CardText,
});
export type AuditReplyData = z.infer<typeof AuditReplyData>;
