import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { decision, formHeader, Row } from './row.ts';

/** Why the request cannot be submitted, and what would change that. */
export const Block = z.strictObject({
  /** `The agent is too old.` */
  title: CardText,
  /** `It was created on 2021-06-03. …` Empty when the title says it all. */
  text: CardText,
  /** What to do; empty when there is nothing. */
  remedy: CardText,
});
export type Block = z.infer<typeof Block>;

/** The last page: what will change. Blocked: no Submit, no checkbox, no reason. */
export const FormReviewData = z.strictObject({
  ...formHeader,
  ...decision,
  resource: CardText,
  /** What it means that a request which waits is edited; empty: it asks for something new. */
  changing: CardText,
  /** What differs from what was asked before; empty where nothing does yet. */
  differences: z.array(Row).max(12),
  /** Empty: it can be submitted. */
  blocks: z.array(Block).max(12),
  /** Whether what blocks can pass without another choice: only then is `Check again` of use. */
  checkAgain: z.boolean(),
  passRows: z.array(Row).max(40),
  tick: Label,
  /** On the button that leads to another operation; empty where this one is the right one. */
  instead: Label,
  /** As typed before, when the page is drawn again; line breaks and all, it is no Markdown. */
  justification: z.string().max(500),
  /** As typed before; no Markdown. */
  changeReference: z.string().max(100),
  /** `Change reference (optional)`; empty: it isn't asked for. */
  referenceLabel: Label,
  referenceRequired: z.boolean(),
  acknowledged: z.enum(['true', 'false']),
  /** `Start: when approved` */
  startTitle: CardText,
  /** Chosen before, when the page is drawn again: `2026-11-29`, `02:00`; else empty. */
  startDay: z.string().max(10),
  startTime: z.string().max(5),
  startOpen: z.boolean(),
  /** `CMK-7F3K9Q. 1 approval is required. You can't approve your own request.` */
  footer: CardText,
});
export type FormReviewData = z.infer<typeof FormReviewData>;
