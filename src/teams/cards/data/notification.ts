import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

/** A post that notifies people of one event and leads to the request. */
export const NotificationData = z.strictObject({
  fallbackText: Label,
  /** `@Requester **triage-agent-test: Approver rejected your request**` */
  title: CardText,
  /** What the person who acted wrote; empty when nothing. */
  said: CardText,
  detail: CardText,
  requestId: z.string(),
  revision: z.int(),
  canAskAgain: z.boolean(),
  /** `Open`, or `Review` where the person has to decide. */
  open: Label,
  /** Where the card is in Teams; empty: the button posts it here. */
  url: z.string(),
});
export type NotificationData = z.infer<typeof NotificationData>;
