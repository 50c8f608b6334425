import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Row } from './row.ts';

/** The first card in a conversation: the bot's purpose, and who can do what. */
export const WelcomeData = z.strictObject({
  fallbackText: Label,
  /** Request, approve, monitor. */
  rows: z.array(Row).length(3),
  /** The reader's permissions; in a channel, where to find them. */
  role: CardText,
  /** True if the readers can make requests, as far as known. */
  mayAsk: z.boolean(),
});
export type WelcomeData = z.infer<typeof WelcomeData>;
