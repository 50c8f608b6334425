import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { stateBadge } from './row.ts';

/** What a form becomes that no request came of. One that was submitted becomes its request's card. */
export const FormEndedData = z.strictObject({
  /** Empty: there is no way back into it. */
  formId: z.string(),
  revision: z.int(),
  fallbackText: Label,
  ...stateBadge,
  /** What was wanted. */
  title: CardText,
  text: CardText,
});
export type FormEndedData = z.infer<typeof FormEndedData>;
