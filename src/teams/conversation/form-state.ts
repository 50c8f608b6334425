/** The dialog state of one form. botbuilder keeps state per conversation and always overwrites; a form needs neither. */
import { BotState, type Storage, type TurnContext } from 'botbuilder';
import { z } from 'zod';
import type { Documents } from '../../domain/ports/store.ts';
import { Form } from '../../operations/form.ts';

export const formKey = (formId: string): string => `form/${formId}`;
/** Beside a form that may be open: tells by its age when its owner last went on with it. */
export const openFormPrefix = 'open-form/';

/** As the dialogs' library keeps a form. */
const FormDocument = z.looseObject({
  dialog: z.looseObject({
    dialogStack: z.tuple([z.looseObject({ state: z.looseObject({ form: Form, card: z.unknown() }) })]),
  }),
});

/** A form as it lies in the store, with the page that was drawn last; null where it is none. `withForm`: the same with another. */
export function formIn(stored: unknown) {
  const document = FormDocument.safeParse(stored).data;
  if (document === undefined) return null;
  const [entry] = document.dialog.dialogStack;
  const { form, card = null } = entry.state;
  return {
    form,
    card,
    withForm: (other: Form, page: unknown): Record<string, unknown> => {
      const dialogStack = [{ ...entry, state: { ...entry.state, form: other, card: page } }];
      return { ...document, dialog: { ...document.dialog, dialogStack } };
    },
  };
}

/** One dialog stack a form (that is: a card), written only when nobody else wrote it since it was read. */
export class FormState extends BotState {
  private readonly documents: Documents;
  private readonly key: string;
  private readonly openKey: string;

  constructor(documents: Documents, formId: string) {
    const key = formKey(formId);
    // The store's documents have the shape of a botbuilder storage; its types allow `any`, ours do not.
    super(documents as unknown as Storage, async () => key);
    this.documents = documents;
    this.key = key;
    this.openKey = `${openFormPrefix}${formId}`;
  }

  /** Compare and set. Throws `StaleDocument` when another click was faster. */
  override async saveChanges(context: TurnContext): Promise<void> {
    const state = this.get(context) as Record<string, unknown> | undefined;
    if (state === undefined) return;
    await this.documents.write({ [this.key]: { ...state, eTag: state.eTag ?? '' }, [this.openKey]: {} });
  }
}
