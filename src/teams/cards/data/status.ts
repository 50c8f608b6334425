import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Fact, requestHeader, Section } from './row.ts';

/**
 * A request that waits, runs, or ended without a change: awaiting approval, plan changed, approved, running, rejected,
 * cancelled, expired. `status-attention` and `status-succeeded` show the rest.
 */
export const StatusData = z.strictObject({
  ...requestHeader,
  /** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod`; empty when it no longer matters. */
  change: CardText,
  /** One bold line; empty when the state line says it. */
  headline: CardText,
  /** `**Requester** asked: “…”`, `**Approver** rejected it: “…”`: whoever did something about it, and their words. */
  said: CardText,
  /** True when it ended without a change. */
  nothingChanged: z.boolean(),
  /** What to type to ask again; may be empty. */
  again: CardText,
  /** Until when and for whom people are waited for. */
  facts: z.array(Fact).max(8),
  /** Of the bar over the steps of a run; of 0 steps there is none. */
  stepsDone: z.int().min(0),
  stepsOf: z.int().min(0),
  /** `1 min 20 s so far, usually 1 to 4 min in all` */
  elapsed: CardText,
  /** Steps, approvals so far, what differs from the approved plan. */
  sections: z.array(Section).max(9),
  /** Folded: what was said of steps that are tried again, in whose words: `Azure says · 403 ForbiddenByRbac`. */
  told: z.array(z.strictObject({ source: CardText, words: CardText })).max(6),
  note: CardText,
  /** Of no weight: when the card was drawn. */
  noteIsSmall: z.boolean(),
  /** How a person ended it, first; empty otherwise. */
  ended: CardText,
  /** `Reason and approvals` */
  peopleTitle: CardText,
  /** `Plan digest 4f9a 2c71`, folded. */
  plan: CardText,
  /** What *Stop after this step* means; empty: it is not offered. */
  stop: CardText,
  /** The requester waits: those who can decide are called again. */
  canRemind: z.boolean(),
  /** The requester may want it otherwise while it waits. */
  canChange: z.boolean(),
  canCancel: z.boolean(),
  canRefresh: z.boolean(),
  /** The reader asked for it, and it came to nothing. */
  canAskAgain: z.boolean(),
});
export type StatusData = z.infer<typeof StatusData>;
