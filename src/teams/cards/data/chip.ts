import { z } from 'zod';
import { Label } from '../plain-text.ts';

/** What else of the same a list can show: a filter button. The selected one refreshes the list. */
export const Chip = z.strictObject({
  title: Label,
  selected: z.boolean(),
  verb: z.string(),
});
export type Chip = z.infer<typeof Chip>;
