/**
 * The form as a Dialog: `WaterfallDialog` ignores invokes, so tutorials mislead here. It shows a page and waits; the click that
 * ends the wait decides which page comes next. One is made for each turn: it carries the click in and the card out.
 */
// Each from its own file: the package's front door loads its prompts too, which nothing here uses, and with them what recognises
// dates and numbers in ten languages. That takes a start longer than all the rest of the Bot Framework.
import { Dialog, type DialogTurnResult } from 'botbuilder-dialogs/lib/dialog.js';
import type { DialogContext } from 'botbuilder-dialogs/lib/dialogContext.js';
import type { Refusal } from '../../domain/request/refusal.ts';
import { Form } from '../../operations/form.ts';
import type { FormResult } from '../../operations/form-clicks.ts';
import type { FormInputs } from '../../operations/pages/page.ts';
import { withInputs } from '../cards/filled-in.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

/** A click on the form, already known to be the owner's and on the current page. */
export interface FormClick {
  readonly verb: string;
  readonly inputs: FormInputs;
  /** Whether the person still waits for what comes of it: once they gave it up, nothing may. */
  readonly isWanted: () => Promise<boolean>;
}

export interface DrawnForm {
  readonly form: Form;
  /** Null once a new request came of it: the request's own card is shown in its place. */
  readonly card: AdaptiveCard | null;
}

/** What the dialog needs from outside: drawing, and what a click does. */
export interface FormWork {
  /** Throws {@link CannotDraw}. The form comes back with what drawing it fixed, such as the digest shown. */
  draw(form: Form, problem: Refusal | null): Promise<DrawnForm>;
  turn(form: Form, click: FormClick): Promise<FormResult>;
}

/** The facts of a page could not be read: nothing is saved, the person is told why. */
export class CannotDraw extends Error {
  override readonly name = 'CannotDraw';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

const dialogId = 'form';

/** The form that is waiting; null when none is. */
export function waitingForm(dialogs: DialogContext): Form | null {
  const state = dialogs.activeDialog?.state as { form?: unknown } | undefined;
  return state === undefined ? null : (Form.safeParse(state.form).data ?? null);
}

/** The page that was drawn last; null where none was. */
export function cardOfWaiting(dialogs: DialogContext): AdaptiveCard | null {
  const state = dialogs.activeDialog?.state as { card?: AdaptiveCard | null } | undefined;
  return state?.card ?? null;
}

/** Leaves the form as it is given, whatever is still under way with it. */
export const keepForm = (dialogs: DialogContext, form: Form, card: AdaptiveCard | null): void => {
  dialogs.stack.splice(0, 1, { id: dialogId, state: { form, card } });
};

export class FormDialog extends Dialog {
  private readonly work: FormWork;
  /** What was clicked; null: nothing, the page is shown as it is. */
  click: FormClick | null = null;
  /** The card to answer with; null until a page was drawn, and where there is none. */
  drawn: AdaptiveCard | null = null;

  constructor(work: FormWork) {
    super(dialogId);
    this.work = work;
  }

  override beginDialog(dialogs: DialogContext, options?: object): Promise<DialogTurnResult> {
    return this.show(dialogs, { form: Form.parse(options), problem: null });
  }

  override async continueDialog(dialogs: DialogContext): Promise<DialogTurnResult> {
    const form = waitingForm(dialogs);
    if (form === null) throw new Error('a form was clicked that is not there');
    return this.show(dialogs, this.click === null ? { form, problem: null } : await this.work.turn(form, this.click));
  }

  private async show(dialogs: DialogContext, { form, problem }: FormResult): Promise<DialogTurnResult> {
    const { activeDialog } = dialogs;
    if (activeDialog === undefined) throw new Error(`form ${form.id} is not on the stack`);
    const page = await this.work.draw(form, problem);
    const card = problem === null || page.card === null ? page.card : withInputs(page.card, this.click?.inputs ?? {});
    activeDialog.state = { form: page.form, card };
    this.drawn = card;
    return Dialog.EndOfTurn;
  }
}
