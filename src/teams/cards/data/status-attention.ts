import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Fact, Row, requestHeader } from './row.ts';

/** A step failed and a person has to decide; or (failed) somebody gave up, and this is what was done and what was not. */
export const StatusAttentionData = z.strictObject({
  ...requestHeader,
  /** Red while a person has to act. */
  boxStyle: z.enum(['attention', 'emphasis']),
  /** `Step 3 of 5 failed: Assign key access` */
  headline: CardText,
  /** `The agent’s key was not changed by this request.` */
  summary: CardText,
  /** Whose words follow: `Azure says · 403 AuthorizationFailed`, `The bot read back`; empty when there are none. */
  source: CardText,
  /** Azure's words in monospace, the bot's in the usual type. Folded, so in full. */
  font: z.enum(['Monospace', 'Default']),
  words: CardText,
  /** `**Expected:** the agent shows key …`; empty where nothing was read back. */
  expected: CardText,
  /** `**What to do:** give this bot’s identity the role …`, or how to ask again; empty when nobody knows. */
  mend: CardText,
  /** Given up, and the reader asked for it. */
  canAskAgain: z.boolean(),
  /** Needs attention, and the reader may: Retry and Give up. */
  canDecide: z.boolean(),
  /** Who decides, where the card is for everybody: Refresh brings whoever may their own. Empty otherwise. */
  decides: CardText,
  /** Correlation id, last try, plan. */
  facts: z.array(Fact).min(1).max(8),
  /** What Give up means: `The request ends. 1 step stays done: …`; empty where nobody can. */
  giveUp: CardText,
  /** `2 steps done, 3 not` */
  stepsTitle: CardText,
  steps: z.array(Row).min(1).max(10),
  /** `**Requester** asked: “…”`, `**Approver** approved.`, `**Requester** gave it up: “…”` */
  said: CardText,
});
export type StatusAttentionData = z.infer<typeof StatusAttentionData>;
