import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { requestHeader } from './row.ts';

/** A request that was asked elsewhere, in short, for those who keep an eye on all of them. Nothing is decided here. */
export const StatusShortData = z.strictObject({
  ...requestHeader,
  /** `**Requester** asked in a chat.` */
  asked: CardText,
  /** What there is to know now, in one line; may be empty. */
  line: CardText,
});
export type StatusShortData = z.infer<typeof StatusShortData>;
