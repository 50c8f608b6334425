import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Row, requestHeader } from './row.ts';

/** What the approval card becomes: decided, ended, or waiting for the others after your own decision. */
export const ApprovalDecidedData = z.strictObject({
  ...requestHeader,
  /** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod` */
  change: CardText,
  /** Who decided what, when, on which plan. */
  decisions: z.array(Row).max(12),
  /** True when it ended without a change: the card says so. */
  nothingChanged: z.boolean(),
  /** What happens now. */
  note: CardText,
  /** The reader can still reject it: folded, so that a second tap on Approve does not. */
  canReject: z.boolean(),
});
export type ApprovalDecidedData = z.infer<typeof ApprovalDecidedData>;
