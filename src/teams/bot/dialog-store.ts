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

/** A dialog with the version of its document. */
export interface StoredDialog extends Dialog {
  readonly eTag: string;
}

/** The document's shape is that of the library `botbuilder-dialogs`, which stored forms at first. */
const DialogDocument = z.looseObject({
  eTag: z.string(),
  dialog: z.looseObject({
    dialogStack: z.tuple([z.looseObject({ state: z.looseObject({ form: Form, card: z.unknown() }) })]),
  }),
});

const documentOf = ({ form, card }: Dialog, eTag: string) => ({
  dialog: { dialogStack: [{ id: 'form', state: { form, card } }] },
  eTag,
});

interface DialogStore {
  /** Null: it doesn't exist or can't be read. */
  read(formId: string): Promise<StoredDialog | null>;
  /** Stores a new form. Throws {@link StaleDocument} if it exists. */
  create(dialog: Dialog): Promise<void>;
  /** Throws {@link StaleDocument} if the stored form changed since it was read with this ETag. */
  save(dialog: Dialog, eTag: string): Promise<void>;
  /** The same for an abandoned form: doesn't count as activity of its owner. */
  saveLeft(dialog: Dialog, eTag: string): Promise<void>;
}

export function openDialogStore(documents: Documents): DialogStore {
  const save = ({ form, card }: Dialog, eTag: string): Promise<void> =>
    documents.write({
      [formKey(form.id)]: documentOf({ form, card }, eTag),
      [`${openFormPrefix}${form.id}`]: markOf(form),
      ...(form.changes === null ? {} : { [`${editFormPrefix}${form.id}`]: {} }),
    });
  return {
    async read(formId) {
      const key = formKey(formId);
      const read = DialogDocument.safeParse((await documents.read([key]))[key]).data;
      if (read === undefined) return null;
      const { form, card } = read.dialog.dialogStack[0].state;
      // The store returns only what this program wrote and sealed.
      return { form, card: (card ?? null) as AdaptiveCard | null, eTag: read.eTag };
    },
    create: (dialog) => save(dialog, ''),
    save,
    saveLeft: (dialog, eTag) => documents.write({ [formKey(dialog.form.id)]: documentOf(dialog, eTag) }),
  };
}
