import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Fact, Row, requestHeader } from './row.ts';

/** A failed step that a person must resolve; or (failed) an ended request, with what was completed and what wasn't. */
export const StatusAttentionData = z.strictObject({
  ...requestHeader,
  /** Red while a person has to act. */
  boxStyle: z.enum(['attention', 'emphasis']),
  /** `Step 3 of 5 failed: Assign key access` */
  headline: CardText,
  /** `The agent’s key was not changed by this request.` */
  summary: CardText,
  /**
   * The source of the message: `Azure says · 403 AuthorizationFailed`, `The bot read back`; empty without a message.
   */
  source: CardText,
  /** Monospace for Azure's messages, the default for the bot's. Collapsed, so not shortened. */
  font: z.enum(['Monospace', 'Default']),
  words: CardText,
  /** `**Expected:** the agent shows key …`; empty if nothing was read back. */
  expected: CardText,
  /** `**What to do:** give this bot’s identity the role …`, or how to request again. Empty if it isn't known. */
  remedy: CardText,
  /** Command that does it, to select and copy; empty when there is none. */
  command: CardText,
  /** Given up, and the reader asked for it. */
  canAskAgain: z.boolean(),
  /** True for a reader who can retry and end the request. */
  canDecide: z.boolean(),
  /** Who decides, on a card for everyone: Refresh shows them their own view. Otherwise empty. */
  decides: CardText,
  /** `**Approver** is on it since 14:05.` Empty if no one said so. */
  takenOn: CardText,
  /** Title of the button to take the request on; empty: not offered. */
  takeOn: CardText,
  /** Correlation ID, last attempt, plan. */
  facts: z.array(Fact).min(1).max(8),
  /** The effect of ending the request: `The request ends. 1 step stays done: …`; empty if no reader can. */
  giveUp: CardText,
  /** `2 steps done, 3 not` */
  stepsTitle: CardText,
  steps: z.array(Row).min(1).max(10),
  /** `**Requester** requested it: “…”`, `**Approver** approved.`, `**Requester** ended it: “…”` */
  said: CardText,
});
export type StatusAttentionData = z.infer<typeof StatusAttentionData>;
