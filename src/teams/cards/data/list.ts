import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Chip } from './chip.ts';
import { Color, Line } from './row.ts';

/** A request. */
export const ListRow = z.strictObject({
  icon: z.string(),
  glyph: CardText,
  glyphColor: Color,
  name: CardText,
  lines: z.array(Line).max(4),
  requestId: z.string(),
  /** Of what the request last asked people. */
  revision: z.int(),
  /** `Decide` where the reader may, else `Open`: both post the request’s card. */
  button: Label,
});
export type ListRow = z.infer<typeof ListRow>;

/** /cmk-requests: a page of rows. Previous and Next ask for a page by the number in `revision`. */
export const ListData = z.strictObject({
  /** Of the stored list; the paging buttons carry it. */
  formId: z.string(),
  fallbackText: Label,
  /** `4 open requests` */
  title: CardText,
  /** What it is about: whose they are, what they are called like. May be empty. */
  subject: CardText,
  /** `As of 14:20` */
  asOf: CardText,
  chips: z.array(Chip).max(4),
  rows: z.array(ListRow).max(5),
  /** Instead of rows: what to type. May be empty. */
  empty: CardText,
  /** `1 – 5 of 12`; empty when all is on one page. */
  range: CardText,
  hasPrevious: z.boolean(),
  previousPage: z.int(),
  hasNext: z.boolean(),
  nextPage: z.int(),
});
export type ListData = z.infer<typeof ListData>;
