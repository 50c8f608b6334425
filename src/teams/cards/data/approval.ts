import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Fact, Row, requestHeader, vaultBox } from './row.ts';

/** `mention()` makes text and entity together. */
export const MentionEntity = z.strictObject({
  type: z.literal('mention'),
  text: z.string(),
  mentioned: z.strictObject({ id: z.string(), name: z.string() }),
});

/** The question to the approvers. All of it that decides stands on the first screen of a phone, the rest folds. */
export const ApprovalData = z.strictObject({
  ...requestHeader,
  /** `New version of **cmk-virtual-visit** in kv-care-prod`; empty where now and after say it. */
  about: CardText,
  now: CardText,
  nowNote: CardText,
  after: CardText,
  afterNote: CardText,
  ...vaultBox,
  /** `The plan changed. Earlier approvals no longer count.` Empty when it did not. */
  notice: CardText,
  /** What differs from the plan approved before; empty without notice. */
  differences: z.array(Row).max(12),
  /** `**▲ 1 irreversible step:** purge protection on`; empty when there is none. */
  irreversible: CardText,
  /** `**△ 1 unknown:** switching the key back`; empty when there is none. */
  unknown: CardText,
  /** `**Requester:** “…”`; the card cuts it at three lines. */
  asks: CardText,
  /** Who approved so far, where more than one has to. */
  decisions: z.array(Row).max(6),
  /** `Until …  ·  plan **4f9a 2c71**` */
  until: CardText,
  /** `I accept that 1 step cannot be undone`; empty: no tick is asked for. */
  acknowledge: Label,
  /** `<at>Approver</at>, can you decide?`; empty when nobody is mentioned. */
  asked: CardText,
  mentions: z.array(MentionEntity).max(10),
  /** What stands folded: `5 steps, 14 checks, where, plan` */
  rest: CardText,
  stepsTitle: CardText,
  steps: z.array(Row).min(1).max(10),
  checks: z.array(Row).max(20),
  /** The whole justification, with its line breaks. */
  reason: CardText,
  /** `✓ **Can be undone:** the old version stays on`; empty where it cannot. */
  undo: CardText,
  /** What is true of the operation and has to be known before deciding. */
  notes: z.array(z.strictObject({ text: CardText })).max(4),
  /** What the requester was told, and has confirmed. */
  told: CardText,
  /** Subscription, group, key version, policy, plan digest. */
  facts: z.array(Fact).max(10),
});
export type ApprovalData = z.infer<typeof ApprovalData>;
