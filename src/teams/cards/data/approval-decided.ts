import { z } from 'zod';
import { CardText } from '../plain-text.ts';
import { Row, requestHeader } from './row.ts';

/** Replaces the approval card: decided, ended, or waiting for others after the reader's own approval. */
export const ApprovalDecidedData = z.strictObject({
  ...requestHeader,
  /** `Microsoft-managed key → **cmk-triage-agent** in kv-care-prod` */
  change: CardText,
  /** Decisions with person, time and plan. */
  decisions: z.array(Row).max(12),
  /** True if it ended without a change, which the card says. */
  nothingChanged: z.boolean(),
  /** What happens next. */
  note: CardText,
  /** The reader can still reject it. Collapsed, so that a double tap on Approve doesn't hit it. */
  canReject: z.boolean(),
});
export type ApprovalDecidedData = z.infer<typeof ApprovalDecidedData>;
