import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Chip } from './chip.ts';
import { Color, stateBadge } from './row.ts';

/** One entry. */
export const HistoryRow = z.strictObject({
  icon: z.string(),
  glyph: CardText,
  glyphColor: Color,
  name: CardText,
  /** Time and details, in one small line. */
  line: CardText,
});
export type HistoryRow = z.infer<typeof HistoryRow>;

/** /cmk-history: entries, oldest first. Previous and Next request the page number in `revision`. */
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
  range: CardText,
  hasPrevious: z.boolean(),
  previousPage: z.int(),
  hasNext: z.boolean(),
  nextPage: z.int(),
});
export type HistoryData = z.infer<typeof HistoryData>;
