/** A form as it lies in the store, and what one turn of it answers. */
import type { TurnContext } from 'botbuilder';
import type { DialogContext } from 'botbuilder-dialogs/lib/dialogContext.js';
import { DialogContextError } from 'botbuilder-dialogs/lib/dialogContextError.js';
import { DialogSet } from 'botbuilder-dialogs/lib/dialogSet.js';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { CannotDraw, cardOfWaiting, FormDialog, type FormWork, waitingForm } from './form-dialog.ts';
import { FormState } from './form-state.ts';

/** Each lost race means that another click won: more at once on one form are not a person's. */
const mostAttempts = 10;

interface FormCard {
  readonly kind: 'card';
  readonly card: AdaptiveCard;
  readonly form: Form;
  /** The card that is to take this one's place by itself, where Azure was too slow for it; null within: this one stays. */
  readonly later: Promise<AdaptiveCard | null> | null;
}
/** A request came of it, whose card takes the form's place. */
interface Submitted {
  readonly kind: 'submitted';
  readonly form: Form;
}
export type FormAnswer = FormCard | Submitted | Refusal;

/** What was thrown. The library puts the whole form round it, people's words included, which must not reach a log. */
const thrownBy = (error: unknown): unknown => (error instanceof DialogContextError ? error.error : error);

/** A form as it lies in the store, with the dialog that one turn of it is. */
export interface Opened {
  readonly dialogs: DialogContext;
  readonly dialog: FormDialog;
  save(): Promise<void>;
}

export async function openedForm(
  documents: Documents,
  work: FormWork,
  context: TurnContext,
  formId: string,
): Promise<Opened> {
  const state = new FormState(documents, formId);
  await state.load(context, true);
  const dialog = new FormDialog(work);
  const dialogs = await new DialogSet(state.createProperty('dialog')).add(dialog).createContext(context);
  return { dialogs, dialog, save: () => state.saveChanges(context) };
}

/** The message of a form that asks for something new becomes the request's card; one that changes a request has a card already. */
export const becameRequest = ({ ended, changes }: Form): boolean => ended === 'submitted' && changes === null;

export function answerOf({ dialogs, dialog }: Opened): FormAnswer {
  const form = waitingForm(dialogs);
  if (form !== null && becameRequest(form)) return { kind: 'submitted', form };
  return form === null || dialog.drawn === null
    ? refuse('form-ended')
    : { kind: 'card', card: dialog.drawn, form, later: null };
}

/** What cannot be drawn is a refusal; what is thrown besides is a bug. */
export async function refusing(act: () => Promise<FormAnswer>): Promise<FormAnswer> {
  try {
    return await act();
  } catch (caught) {
    const error = thrownBy(caught);
    if (error instanceof CannotDraw) return error.refusal;
    throw error;
  }
}

/** Two at once: the slower one finds the form changed, and begins again with it as it is now. */
export async function unlessStale<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StaleDocument) || attempt === mostAttempts) throw error;
    }
  }
}

export const standingIn = (form: Form, messageId: string | undefined): Form =>
  messageId === undefined ? form : { ...form, origin: { ...form.origin, messageId } };

/** The page that was left for the one that is looked for is there to go back to. */
export const canGoBack = (dialogs: DialogContext): boolean => cardOfWaiting(dialogs) !== null;
