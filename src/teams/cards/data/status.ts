import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Fact, requestHeader, Section } from './row.ts';

/**
 * A request that waits, runs, or ended without a change: awaiting approval, plan changed, approved, running, rejected,
 * cancelled, expired.
 * `status-attention` and `status-succeeded` show the others.
 */
export const StatusData = z.strictObject({
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
});
export type StatusData = z.infer<typeof StatusData>;
