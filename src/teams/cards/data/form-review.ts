import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { decision, formHeader, Row } from './row.ts';

/** Why the request can't be submitted, and how to fix that. */
export const Block = z.strictObject({
  /** `The agent is too old.` */
  title: CardText,
  /** `It was created on 2021-06-03. …` Empty if the title is sufficient. */
  text: CardText,
  /** What to do; empty if nothing. */
  remedy: CardText,
});
export type Block = z.infer<typeof Block>;

/** The last page: what will change. If blocked, it has no Submit, checkbox or reason. */
export const FormReviewData = z.strictObject({
  ...formHeader,
  ...decision,
  resource: CardText,
  /** The effect of editing a waiting request; empty for a new request. */
  changing: CardText,
  canGoBack: z.boolean(),
  /** Differences from the waiting request; empty without any. */
  differences: z.array(Row).max(12),
  /** Empty: it can be submitted. */
  blocks: z.array(Block).max(12),
  /** True if the block can be resolved without another choice, so that `Check again` makes sense. */
  checkAgain: z.boolean(),
  passRows: z.array(Row).max(40),
  tick: Label,
  /** Title of the button for another operation; empty if this one is right. */
  instead: Label,
  /** Typed earlier, when the page is rendered again. With line breaks, not Markdown. */
  justification: z.string().max(500),
  /** Typed earlier; not Markdown. */
  changeReference: z.string().max(100),
  /** `Change number (optional)`; empty: not required. */
  referenceLabel: Label,
  referenceRequired: z.boolean(),
  acknowledged: z.enum(['true', 'false']),
  /** `Start: when approved` */
  startTitle: CardText,
  /** Selected earlier, when the page is rendered again: `2026-11-29`, `02:00`; or empty. */
  startDay: z.string().max(10),
  startTime: z.string().max(5),
  startOpen: z.boolean(),
  /** `CMK-7F3K9Q. 1 approval is required. You can't approve your own request.` */
  footer: CardText,
});
export type FormReviewData = z.infer<typeof FormReviewData>;
