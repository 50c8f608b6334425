import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

/** What others see of a form. The owner's client fetches the form automatically, or by the button. */
export const FormOpenData = z.strictObject({
  formId: z.string(),
  /** The form's revision: a change makes the owner's client fetch the form again. */
  revision: z.int(),
  /** The owner's Teams user ID. */
  userIds: z.array(z.string()).length(1),
  fallbackText: Label,
  /** `Requester is filling in a request` */
  title: CardText,
  text: CardText,
});
export type FormOpenData = z.infer<typeof FormOpenData>;
