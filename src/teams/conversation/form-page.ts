/**
 * A page of a form is a Dialog of its own: `WaterfallDialog` ignores invokes, so tutorials mislead here. A page shows itself
 * and waits; the click that ends it decides which page comes next.
 */
import type { TurnContext } from 'botbuilder';
import { Dialog, type DialogContext, type DialogTurnResult } from 'botbuilder-dialogs';
import type { Refusal } from '../../domain/request/refusal.ts';
import { Form, type PageName } from '../../operations/form.ts';
import type { FormInputs, Turned } from '../../operations/form-clicks.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

/** A click on the form, already known to be the owner's and on the current page. */
export interface FormClick {
  readonly verb: string;
  readonly inputs: FormInputs;
  /** Whether the person was answered meanwhile that Azure is too slow: from then on nothing may come of the click. */
  readonly late: () => boolean;
}

/** What pages need from outside: drawing, and what a click does. */
export interface FormWork {
  /** Throws {@link CannotDraw}. The form comes back with what drawing it fixed, such as the digest shown. */
  draw(form: Form, problem: Refusal | null): Promise<{ readonly form: Form; readonly card: AdaptiveCard }>;
  turn(form: Form, click: FormClick): Promise<Turned>;
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

const clickKey = Symbol('form click');
const cardKey = Symbol('form card');

export const setClick = (context: TurnContext, click: FormClick): void => {
  context.turnState.set(clickKey, click);
};
export const drawnCard = (context: TurnContext): AdaptiveCard => context.turnState.get<AdaptiveCard>(cardKey);

export type PageId = PageName | 'ended';
export const pageIdOf = (form: Form): PageId => (form.ended === null ? form.page : 'ended');

/** The form of the dialog that is waiting; null when none is. */
export function waitingForm(dialogs: DialogContext): Form | null {
  const state = dialogs.activeDialog?.state as { form?: unknown } | undefined;
  return state === undefined ? null : Form.parse(state.form);
}

export class FormPage extends Dialog<Turned> {
  private readonly work: FormWork;

  constructor(id: PageId, work: FormWork) {
    super(id);
    this.work = work;
  }

  override async beginDialog(dialogs: DialogContext, turned?: Turned): Promise<DialogTurnResult> {
    if (turned === undefined || dialogs.activeDialog === undefined)
      throw new Error(`page ${this.id} began without a form`);
    const drawn = await this.work.draw(turned.form, turned.problem);
    dialogs.activeDialog.state = { form: drawn.form };
    dialogs.context.turnState.set(cardKey, drawn.card);
    return Dialog.EndOfTurn;
  }

  override async continueDialog(dialogs: DialogContext): Promise<DialogTurnResult> {
    const form = waitingForm(dialogs);
    const click = dialogs.context.turnState.get<FormClick | undefined>(clickKey);
    if (form === null) throw new Error(`page ${this.id} was clicked without a form`);
    if (click === undefined) return dialogs.replaceDialog(pageIdOf(form), { form, problem: null });
    const turned = await this.work.turn(form, click);
    return dialogs.replaceDialog(pageIdOf(turned.form), turned);
  }
}
