import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { entryHeader, Line } from './row.ts';

/** A filter button of a list. The selected one refreshes the list. */
export const Chip = z.strictObject({ title: Label, selected: z.boolean(), verb: z.string() });
export type Chip = z.infer<typeof Chip>;

/** The page of a list. Previous and Next request the page number in `revision`. */
export const paging = {
  /** `1 – 5 of 12`; empty with only one page. */
  range: CardText,
  hasPrevious: z.boolean(),
  previousPage: z.int(),
  hasNext: z.boolean(),
  nextPage: z.int(),
};

/** A request. */
export const ListRow = z.strictObject({
  ...entryHeader,
  lines: z.array(Line).max(4),
  requestId: z.string(),
  /** The revision of the request's last question to people. */
  revision: z.int(),
  /** `Decide` if the reader can, otherwise `Open`: both post the request's card. */
  button: Label,
});
export type ListRow = z.infer<typeof ListRow>;

/** /cmk-requests: a page of rows. */
export const ListData = z.strictObject({
  /** ID of the stored list; the paging buttons carry it. */
  formId: z.string(),
  fallbackText: Label,
  /** `4 open requests` */
  title: CardText,
  /** The filter: requester or name. Can be empty. */
  subject: CardText,
  /** `As of 14:20` */
  asOf: CardText,
  chips: z.array(Chip).max(4),
  rows: z.array(ListRow).max(5),
  /** Shown instead of rows: what to type. Can be empty. */
  empty: CardText,
  ...paging,
});
export type ListData = z.infer<typeof ListData>;
