import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { formHeader, Row, vaultBox } from './row.ts';

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

/** Page 4: what will change. Blocked: no Submit, no tick, no justification. */
export const FormReviewData = z.strictObject({
  ...formHeader,
  resource: CardText,
  /** `New version of **cmk-virtual-visit** in kv-care-prod`; empty where now and after say it. */
  about: CardText,
  /** `Microsoft-managed key` */
  now: CardText,
  nowNote: CardText,
  after: CardText,
  /** `in kv-care-prod` */
  afterNote: CardText,
  ...vaultBox,
  /** What it means that a request which waits is changed; empty: it asks for something new. */
  changing: CardText,
  /** What differs from what was asked before; empty where nothing does yet. */
  differences: z.array(Row).max(12),
  /** Empty: it can be submitted. */
  blocks: z.array(Block).max(12),
  /** Whether what blocks can pass without another choice: only then is `Check again` of use. */
  checkAgain: z.boolean(),
  /** `Checks`, or `Other checks` beside blocks. */
  checksTitle: CardText,
  warnings: z.array(Row).max(12),
  /** `7 more checks pass`; empty when none does. */
  passes: CardText,
  passRows: z.array(Row).max(20),
  /** `Show the 7 checks that pass`, for readers that cannot see. */
  passesTitle: Label,
  /** `5 steps, in this order` */
  stepsTitle: CardText,
  steps: z.array(Row).max(10),
  /** What is true of the operation and has to be known before submitting. */
  notes: z.array(z.strictObject({ text: CardText })).max(4),
  cautionTitle: CardText,
  cautionText: CardText,
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
  /** Chosen before, when the page is drawn again: `2026-11-29`, `02:00`; else empty. */
  startDay: z.string().max(10),
  startTime: z.string().max(5),
  startOpen: z.boolean(),
  /** `CMK-7F3K9Q, plan 4f9a 2c71. One approver has to agree; that cannot be you.` */
  footer: CardText,
});
export type FormReviewData = z.infer<typeof FormReviewData>;
