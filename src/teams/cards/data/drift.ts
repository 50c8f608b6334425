import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { stateBadge } from './row.ts';

/** An agent that isn't as approved, until it is again. */
export const DriftData = z.strictObject({
  driftId: z.string(),
  /** Tells the agent's drifts from each other. */
  number: z.int(),
  /** People for whom Teams fetches the card again, as Teams user IDs. */
  userIds: z.array(z.string()).max(60),
  fallbackText: Label,
  ...stateBadge,
  agent: CardText,
  /** Operators, mentioned; empty: none are configured, or it is over. */
  called: CardText,
  /** The most urgent first: what changed, what it means for the data, who changed it and since when. */
  found: z.array(
    z.strictObject({
      title: CardText,
      meaning: CardText,
      cause: CardText,
      /** One box alone has a color. */
      boxStyle: z.enum(['attention', 'warning', 'good', 'emphasis']),
    }),
  ),
  /** One safe next step, for the most urgent; empty: it is over. */
  next: CardText,
  /** For that role's command line; may be empty. */
  command: CardText,
  /** The button's title, and the command of the bot that it types; both empty: the step isn't the bot's. */
  button: z.string(),
  typed: z.string(),
  basis: CardText,
});
export type DriftData = z.infer<typeof DriftData>;
