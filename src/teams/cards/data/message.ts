import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color } from './row.ts';

/** One bold line and one plain line: errors and short results. */
export const MessageData = z.strictObject({
  fallbackText: Label,
  title: CardText,
  titleColor: Color,
  text: CardText,
  /** On the right, in monospace: the ID of a request or an error. Can be empty. */
  reference: CardText,
});
export type MessageData = z.infer<typeof MessageData>;
