import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';

/** What everybody but its owner sees of a form. The owner's client fetches the form by itself, or by the button. */
export const FormOpenData = z.strictObject({
  formId: z.string(),
  /** Of the form: another one makes its owner's client fetch the form anew. */
  revision: z.int(),
  /** The owner, as Teams' user id. */
  userIds: z.array(z.string()).length(1),
  fallbackText: Label,
  /** `Requester is filling in a request` */
  title: CardText,
  text: CardText,
});
export type FormOpenData = z.infer<typeof FormOpenData>;
