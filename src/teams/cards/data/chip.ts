import { z } from 'zod';
import { Label } from '../plain-text.ts';

/** A filter button of a list. The selected one refreshes the list. */
export const Chip = z.strictObject({
  title: Label,
  selected: z.boolean(),
  verb: z.string(),
});
export type Chip = z.infer<typeof Chip>;
