import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color, Line } from './row.ts';

/** A request, or an event of one. */
export const ListRow = z.strictObject({
  glyph: CardText,
  glyphColor: Color,
  name: CardText,
  nameWeight: z.enum(['Default', 'Bolder']),
  lines: z.array(Line).max(4),
  /** At the right, in monospace: the request’s id, or the number of an event. */
  right: CardText,
});
export type ListRow = z.infer<typeof ListRow>;

/** /cmk-requests and /cmk-history: a page of rows. Previous and Next ask for a page by the number in `revision`. */
export const ListData = z.strictObject({
  /** Of the stored list; the paging buttons carry it. */
  formId: z.string(),
  fallbackText: Label,
  /** `Open requests` */
  title: CardText,
  /** What it is about: an agent's name, a request's id. May be empty. */
  subject: CardText,
  rows: z.array(ListRow).max(10),
  /** Instead of rows: `No request is open.` and what to type. Empty when there are rows. */
  empty: CardText,
  /** `1 – 5 of 12`; empty when all is on one page. */
  range: CardText,
  hasPrevious: z.boolean(),
  previousPage: z.int(),
  hasNext: z.boolean(),
  nextPage: z.int(),
});
export type ListData = z.infer<typeof ListData>;
