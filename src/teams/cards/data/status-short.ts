import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { requestHeader } from './row.ts';

/** A short card for a request from a chat, for people who monitor all requests. It has no buttons to decide. */
export const StatusShortData = z.strictObject({
  ...requestHeader,
  /** `**Requester** asked in a chat.` */
  asked: CardText,
  /** The current state in one line; can be empty. */
  line: CardText,
});
export type StatusShortData = z.infer<typeof StatusShortData>;
