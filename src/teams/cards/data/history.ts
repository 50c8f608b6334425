import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Chip, paging } from './list.ts';
import { entryHeader, stateBadge } from './row.ts';

/** One entry. */
export const HistoryRow = z.strictObject({
  ...entryHeader,
  /** Time and details, in one small line. */
  line: CardText,
});
export type HistoryRow = z.infer<typeof HistoryRow>;

/** /cmk-history: entries, oldest first. */
export const HistoryData = z.strictObject({
  formId: z.string(),
  fallbackText: Label,
  /** Empty for the history of an agent. */
  ...stateBadge,
  /** The request's ID; empty for the history of an agent. */
  requestId: z.string(),
  revision: z.int(),
  /** The agent’s name. */
  title: CardText,
  /** `11 entries, oldest first` */
  subject: CardText,
  chips: z.array(Chip).max(4),
  rows: z.array(HistoryRow).max(15),
  /** Shown instead of rows. */
  empty: CardText,
  ...paging,
});
export type HistoryData = z.infer<typeof HistoryData>;
