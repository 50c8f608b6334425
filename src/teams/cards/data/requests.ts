/** Data of the cards about one request. */
import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { decision, Fact, Row, requestHeader, Section } from './row.ts';

/** Created by `mention()` together with the text. */
const MentionEntity = z.strictObject({
  type: z.literal('mention'),
  text: z.string(),
  mentioned: z.strictObject({ id: z.string(), name: z.string() }),
});

export const requestSchemas = {
  /** The approval card. What decides is on the first screen of a phone; the rest is collapsed. */
  approval: z.strictObject({
    ...requestHeader,
    ...decision,
    /** `**Requester:** “…”`; the card shows three lines. */
    asks: CardText,
    /** `The plan changed. Earlier approvals don't count.` Empty if it didn't. */
    notice: CardText,
    /** Differences from the previously approved plan; empty without notice. */
    differences: z.array(Row).max(12),
    /** Approvals so far, if more than one is required. */
    decisions: z.array(Row).max(6),
    /** `I understand that purge protection on kv-care-prod can't be turned off.` Empty: no checkbox. */
    acknowledge: Label,
    /** With two or more risks, Reject comes first. */
    risky: z.boolean(),
    /** `Approve`, or `Approve with risks`. */
    approve: Label,
    /** `Approve: enable customer-managed key for triage-agent-prod` */
    approveTooltip: Label,
    /** `Decide by … (3 days left)` */
    until: CardText,
    /** Set if approving requires a sign-in. */
    signIn: CardText,
    checks: z.array(Row).max(40),
    /** The whole reason, with its line breaks; empty if the top of the card shows it. */
    reason: CardText,
    /** Subscription, group, key version, policy, plan digest. */
    facts: z.array(Fact).max(12),
    /** `<at>Approver</at>: review this request.` Empty without mentions. */
    asked: CardText,
    mentions: z.array(MentionEntity).max(10),
  }),
  /** Replaces the approval card: decided, ended, or waiting for others after the reader's own approval. */
  'approval-decided': z.strictObject({
    ...requestHeader,
    /** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod` */
    change: CardText,
    decisions: z.array(Row).max(12),
    /** True if it ended without a change, which the card says. */
    nothingChanged: z.boolean(),
    /** What happens next. */
    note: CardText,
    /** The reader can still reject it. Collapsed, so that a double tap on Approve doesn't hit it. */
    canReject: z.boolean(),
  }),
  /**
   * A request that waits, runs, or ended without a change: awaiting approval, plan changed, approved, running, rejected,
   * cancelled, expired.
   * `status-attention` and `status-succeeded` show the others.
   */
  status: z.strictObject({
    ...requestHeader,
    /** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod`; empty if no longer relevant. */
    change: CardText,
    /** One bold line; empty if the state line is sufficient. */
    headline: CardText,
    /** `**Requester** requested it: “…”`, `**Approver** rejected it: “…”`: people's actions and texts. */
    said: CardText,
    /** True if it ended without a change. */
    nothingChanged: z.boolean(),
    /** What to type to submit it again; can be empty. */
    again: CardText,
    /** The deadline and the people it waits for. */
    facts: z.array(Fact).max(8),
    /** The progress bar of a run; 0 steps means no bar. */
    stepsDone: z.int().min(0),
    stepsOf: z.int().min(0),
    /** `1 min 20 s so far, usually 1 to 4 min in all` */
    elapsed: CardText,
    /** Steps, approvals, and differences from the approved plan. */
    sections: z.array(Section).max(9),
    /** Collapsed: messages of steps that are retried, with their source: `Azure says · 403 ForbiddenByRbac`. */
    told: z.array(z.strictObject({ source: CardText, words: CardText })).max(6),
    note: CardText,
    /** True for the time the card was rendered. */
    noteIsSmall: z.boolean(),
    /** How a person ended it; otherwise empty. */
    ended: CardText,
    /** `Reason and approvals` */
    peopleTitle: CardText,
    /** `Plan digest 4f9a 2c71`, collapsed. */
    plan: CardText,
    /** The effect of *Stop after this step*; empty: not offered. */
    stop: CardText,
    /** True for the requester, who can send a reminder to the approvers. */
    canRemind: z.boolean(),
    /** True for the requester, who can edit the waiting request. */
    canChange: z.boolean(),
    canCancel: z.boolean(),
    canRefresh: z.boolean(),
    /** True for the requester of a request that ended without a change. */
    canAskAgain: z.boolean(),
  }),
  /** A failed step that a person must resolve; or (failed) an ended request, with what was completed and what wasn't. */
  'status-attention': z.strictObject({
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
  }),
  /** Success: what is verified, what isn't, and what people must retain. */
  'status-succeeded': z.strictObject({
    ...requestHeader,
    /** Key, key vault, expiry. */
    change: z.array(Fact).min(2).max(6),
    /** `Verification level: key tested` */
    level: CardText,
    /** Each verification level, also those not reached. */
    proofs: z.array(Row).min(1).max(6),
    /** What people must retain. */
    consequences: z.array(Row).max(4),
    /** `4 changes made in Azure` */
    changesTitle: CardText,
    changes: z.array(Row).min(1).max(12),
    /** `**Requester** requested it: “…”`, `**Approver** approved: “…”` */
    said: CardText,
    /** The duration and the plan digest. */
    note: CardText,
  }),
  /** A short card for a request from a chat, for people who monitor all requests. It has no buttons to decide. */
  'status-short': z.strictObject({
    ...requestHeader,
    /** `**Requester** asked in a chat.` */
    asked: CardText,
    /** The current state in one line; can be empty. */
    line: CardText,
  }),
} as const;
