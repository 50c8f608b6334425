import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

/** In place of a page that could not be drawn in time. */
export const FormSlowData = z.strictObject({
  formId: z.string(),
  revision: z.number(),
  fallbackText: Label,
  /** `△ Azure is slow` */
  stateLine: CardText,
  title: CardText,
  text: CardText,
});
export type FormSlowData = z.infer<typeof FormSlowData>;
