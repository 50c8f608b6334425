import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { stateBadge } from './row.ts';

/** Replaces a form that created no request. A submitted one becomes its request's card. */
export const FormEndedData = z.strictObject({
  /** Empty: it can't be resumed. */
  formId: z.string(),
  revision: z.int(),
  fallbackText: Label,
  ...stateBadge,
  /** What was requested. */
  title: CardText,
  text: CardText,
});
export type FormEndedData = z.infer<typeof FormEndedData>;
