import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { decision, Fact, Row, requestHeader } from './row.ts';

/** Created by `mention()` together with the text. */
export const MentionEntity = z.strictObject({
  type: z.literal('mention'),
  text: z.string(),
  mentioned: z.strictObject({ id: z.string(), name: z.string() }),
});

/** The approval card. What decides is on the first screen of a phone; the rest is collapsed. */
export const ApprovalData = z.strictObject({
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
});
export type ApprovalData = z.infer<typeof ApprovalData>;
