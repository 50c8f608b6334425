import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

/** What else of the same a list can show: a word that is clicked. The one that is shown looks again. */
export const Chip = z.strictObject({
  title: Label,
  text: CardText,
  color: z.enum(['Default', 'Accent']),
  verb: z.string(),
});
export type Chip = z.infer<typeof Chip>;
