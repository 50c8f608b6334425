import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color } from './row.ts';

/** One bold line and one plain one: errors and short outcomes. */
export const MessageData = z.strictObject({
  fallbackText: Label,
  title: CardText,
  titleColor: Color,
  text: CardText,
  /** At the right, in monospace: a request's or an error's id. Empty when there is none. */
  reference: CardText,
});
export type MessageData = z.infer<typeof MessageData>;
