/** Stores dialogs: one document for each form. An ETag prevents two clicks on one form from overwriting each other. */

import { z } from 'zod';
import { RequestId } from '../../domain/ids.ts';
import type { Documents } from '../../domain/ports/store.ts';
import { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

const formKey = (formId: string): string => `form/${formId}`;
/** A marker for each open form. Its age is the time since its owner's last click. */
export const openFormPrefix = 'open-form/';
/** Its content: the form's request and message, for when an erasure deleted the form. */
export const OpenFormMark = z.looseObject({
  requestId: RequestId,
  at: z.object({ conversationId: z.string(), activityId: z.string() }),
});

const markOf = ({ requestId, origin: { conversationId, messageId } }: Form) =>
  messageId === undefined ? {} : { requestId, at: { conversationId, activityId: messageId } };

/** The same beside a form that edits a request, which can end meanwhile. */
export const editFormPrefix = 'edit-form/';

export interface Dialog {
  readonly form: Form;
  /** The last rendered page. Null: the form is new, or it became a new request, whose card replaces the form's. */
  readonly card: AdaptiveCard | null;
}

export interface StoredDialog extends Dialog {
  readonly eTag: string;
}

const DialogDocument = z.looseObject({ eTag: z.string(), form: Form, card: z.unknown() });

export function openDialogStore(documents: Documents) {
  /** Throws {@link StaleDocument} if the stored form changed since it was read with this ETag. */
  const save = ({ form, card }: Dialog, eTag: string): Promise<void> =>
    documents.write({
      [formKey(form.id)]: { form, card, eTag },
      [`${openFormPrefix}${form.id}`]: markOf(form),
      ...(form.changes === null ? {} : { [`${editFormPrefix}${form.id}`]: {} }),
    });
  return {
    async read(formId: string): Promise<StoredDialog | null> {
      const key = formKey(formId);
      const read = DialogDocument.safeParse((await documents.read([key]))[key]).data;
      if (read === undefined) return null;
      const { form, card } = read;
      // The store returns only what this program wrote and sealed.
      return { form, card: (card ?? null) as AdaptiveCard | null, eTag: read.eTag };
    },
    /** Stores a new form. Throws {@link StaleDocument} if it exists. */
    create: (dialog: Dialog): Promise<void> => save(dialog, ''),
    save,
    /** The same for an abandoned form: doesn't count as activity of its owner. */
    saveLeft: (dialog: Dialog, eTag: string): Promise<void> =>
      documents.write({ [formKey(dialog.form.id)]: { ...dialog, eTag } }),
    delete: (formId: string): Promise<void> =>
      documents.delete([formKey(formId), `${openFormPrefix}${formId}`, `${editFormPrefix}${formId}`]),
  };
}
