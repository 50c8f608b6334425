import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Chip } from './chip.ts';
import { Color, stateBadge } from './row.ts';

/** Something that happened. */
export const HistoryRow = z.strictObject({
  icon: z.string(),
  glyph: CardText,
  glyphColor: Color,
  name: CardText,
  /** When, and what of it, in one small line. */
  line: CardText,
});
export type HistoryRow = z.infer<typeof HistoryRow>;

/** /cmk-history: what happened, oldest first. Previous and Next ask for a page by the number in `revision`. */
export const HistoryData = z.strictObject({
  formId: z.string(),
  fallbackText: Label,
  /** Empty for the history of an agent. */
  ...stateBadge,
  /** Of the one request it is about; empty for the history of an agent. */
  requestId: z.string(),
  revision: z.int(),
  /** The agent’s name. */
  title: CardText,
  /** `11 entries, oldest first` */
  subject: CardText,
  chips: z.array(Chip).max(4),
  rows: z.array(HistoryRow).max(15),
  /** Instead of rows. */
  empty: CardText,
  range: CardText,
  hasPrevious: z.boolean(),
  previousPage: z.int(),
  hasNext: z.boolean(),
  nextPage: z.int(),
});
export type HistoryData = z.infer<typeof HistoryData>;
