/** Where dialogs are stored: one document for each form, written with an ETag, so that two clicks on one form don't overwrite each other. */
import { z } from 'zod';
import type { Documents } from '../../domain/ports/store.ts';
import { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

const formKey = (formId: string): string => `form/${formId}`;
/** A mark beside a form that can be open: its age tells when its owner last clicked it. */
export const openFormPrefix = 'open-form/';

export interface Dialog {
  readonly form: Form;
  /** The page that was drawn last. Null: the form is new, or a new request came of it, whose card replaces the form's. */
  readonly card: AdaptiveCard | null;
}

/** A dialog as it was read, with the version of its document. */
export interface StoredDialog extends Dialog {
  readonly eTag: string;
}

/** The document's shape is that of the library `botbuilder-dialogs`, with which forms were stored first. */
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

export interface DialogStore {
  /** Null: there is none, or it can't be read. */
  read(formId: string): Promise<StoredDialog | null>;
  /** Stores a form that is new. Throws {@link StaleDocument} where there is one already. */
  create(dialog: Dialog): Promise<void>;
  /** Throws {@link StaleDocument} when the stored form has changed since it was read with this ETag. */
  save(dialog: Dialog, eTag: string): Promise<void>;
  /** The same of a form that was left: its owner doesn't count as active by it. */
  saveLeft(dialog: Dialog, eTag: string): Promise<void>;
}

export function openDialogStore(documents: Documents): DialogStore {
  const save = ({ form, card }: Dialog, eTag: string): Promise<void> =>
    documents.write({ [formKey(form.id)]: documentOf({ form, card }, eTag), [`${openFormPrefix}${form.id}`]: {} });
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
