import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Row } from './row.ts';

/** The first card in a conversation: what the bot is for, and who may do what. */
export const WelcomeData = z.strictObject({
  fallbackText: Label,
  /** Ask, approve, watch. */
  rows: z.array(Row).length(3),
  /** What the reader may do; in a channel, where that is said. */
  role: CardText,
  /** Whether the readers may ask, as far as is known. */
  mayAsk: z.boolean(),
});
export type WelcomeData = z.infer<typeof WelcomeData>;
