import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { decision, Fact, Row, requestHeader } from './row.ts';

/** `mention()` makes text and entity together. */
export const MentionEntity = z.strictObject({
  type: z.literal('mention'),
  text: z.string(),
  mentioned: z.strictObject({ id: z.string(), name: z.string() }),
});

/** The question to the approvers. What decides stands on the first screen of a phone; the rest is folded. */
export const ApprovalData = z.strictObject({
  ...requestHeader,
  ...decision,
  /** `**Requester:** “…”`; the card cuts it at three lines. */
  asks: CardText,
  /** `The plan changed. Earlier approvals don't count.` Empty when it did not. */
  notice: CardText,
  /** What differs from the plan approved before; empty without notice. */
  differences: z.array(Row).max(12),
  /** Who approved so far, where more than one has to. */
  decisions: z.array(Row).max(6),
  /** `I understand that purge protection on kv-care-prod can't be turned off.` Empty: no checkbox. */
  acknowledge: Label,
  /** Two or more risks: Reject comes first. */
  risky: z.boolean(),
  /** `Approve`, or `Approve with risks`. */
  approve: Label,
  /** `Approve: enable customer-managed key for triage-agent-prod` */
  approveTooltip: Label,
  /** `Decide by … (3 days left)` */
  until: CardText,
  /** Approving needs a sign-in; else empty. */
  signIn: CardText,
  checks: z.array(Row).max(40),
  /** The whole justification, with its line breaks; empty where the face shows it. */
  reason: CardText,
  /** Subscription, group, key version, policy, plan digest. */
  facts: z.array(Fact).max(12),
  /** `<at>Approver</at>: review this request.` Empty when nobody is mentioned. */
  asked: CardText,
  mentions: z.array(MentionEntity).max(10),
});
export type ApprovalData = z.infer<typeof ApprovalData>;
