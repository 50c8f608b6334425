/** Forms in Teams: opened by a command, clicked by their owner, kept between clicks whatever happens to the process. */
import type { TurnContext } from 'botbuilder';
import { FormId, mintFormId, type PersonId } from '../../domain/ids.ts';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import { refuse } from '../../domain/request/refusal.ts';
import type { Form } from '../../operations/form.ts';
import { FormInputs } from '../../operations/pages/page.ts';
import { withInputs } from '../cards/filled-in.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formLookingCard, formUnreadCard } from '../cards/views/form-slow-view.ts';
import type { Posted } from '../posts/chat.ts';
import { cardOfWaiting, keepForm, waitingForm } from './form-dialog.ts';
import { type FormTools, formWork } from './form-turn.ts';
import { openLooks } from './looks.ts';
import {
  answerOf,
  becameRequest,
  canGoBack,
  type FormAnswer,
  type Opened,
  openedForm,
  refusing,
  standingIn,
  unlessStale,
} from './opened-form.ts';
import { outlasting } from './outlasting.ts';
import { withinPatience } from './patience.ts';

export interface FormClickCall {
  readonly by: PersonId;
  readonly formId: string;
  readonly revision: number;
  readonly verb: string;
  /** As it came from the card: checked here. */
  readonly inputs: unknown;
  /** Where it was clicked, as the client says. */
  readonly at: Posted | null;
}

export interface Forms {
  open(context: TurnContext, form: Form): Promise<FormAnswer>;
  /** The form's message has been posted: from now on it is known, whatever a client says. */
  standsIn(context: TurnContext, formId: string, messageId: string): Promise<void>;
  click(context: TurnContext, call: FormClickCall): Promise<FormAnswer>;
  /** The form as it stands, for its owner only. */
  read(context: TurnContext, formId: string, by: PersonId): Promise<Form | null>;
}

/** What a client sends as an id is not asked of the database unless it could be one. */
const isFormId = (id: string): boolean => FormId.safeParse(id).success;

/** A click that was too slow to be answered, as it is stored: its id tells it from any other of the same form. */
type Pending = NonNullable<Form['pending']>;

export interface FormsOptions extends FormTools {
  readonly documents: Documents;
  /** Whether a request's card stands there. */
  readonly isTaken: (at: Posted) => Promise<boolean>;
}

export function openForms({ documents, ports, portal, isTaken }: FormsOptions): Forms {
  const work = formWork({ ports, portal });
  const looks = openLooks(documents);
  const opened = (context: TurnContext, formId: string): Promise<Opened> =>
    openedForm(documents, work, context, formId);

  const isPending = async (context: TurnContext, formId: string, look: string): Promise<boolean> =>
    waitingForm((await opened(context, formId)).dialogs)?.pending?.look === look;

  /** Stores what the look came to, unless its owner gave it up meanwhile. */
  async function settle(context: TurnContext, { id }: Form, look: string, answer: FormAnswer) {
    const { dialogs, save } = await opened(context, id);
    const form = waitingForm(dialogs);
    if (form === null) return null;
    const isWanted = form.pending?.look === look;
    if (answer.kind === 'refused') return isWanted ? formUnreadCard(form, answer, canGoBack(dialogs)) : null;
    // A request that is stored is there, whatever was clicked in the moment before.
    if (!isWanted && (answer.form.ended !== 'submitted' || form.ended === 'submitted')) return null;
    const card = answer.kind === 'card' ? answer.card : null;
    keepForm(dialogs, standingIn(answer.form, form.origin.messageId), card);
    await save();
    return card;
  }

  /** Keeps the form where it is, with the click that goes on, and says that it does. */
  async function goOn(context: TurnContext, form: Form, pending: Pending, working: Promise<FormAnswer>) {
    const { dialogs, save } = await opened(context, form.id);
    const now = waitingForm(dialogs);
    // Another click was faster: nothing waits for this one any more, and nothing comes of it.
    if (now?.revision !== form.revision) throw new StaleDocument(`form ${form.id} has moved on`);
    const waiting = standingIn({ ...form, pending }, now.origin.messageId);
    keepForm(dialogs, waiting, cardOfWaiting(dialogs));
    await looks.announce(form.id);
    await save();
    const later = working.then((answer) => unlessStale(() => settle(context, form, pending.look, answer)));
    looks.keep(form.id, pending.look, later);
    return { kind: 'card', card: formLookingCard(waiting, canGoBack(dialogs)), form: waiting, later } as const;
  }

  /** What was filled in stands on the card again, as if it had not been sent. */
  async function giveUp({ dialogs, save }: Opened, form: Form, card: AdaptiveCard): Promise<FormAnswer> {
    const before = { ...form, pending: null };
    keepForm(dialogs, before, card);
    await save();
    return { kind: 'card', card: withInputs(card, form.pending?.inputs ?? {}), form: before, later: null };
  }

  /** Waits a while for what is looked at already; what nobody looks at any more, after a crash, is begun again. */
  async function lookOn(context: TurnContext, turn: Opened, form: Form, pending: Pending): Promise<FormAnswer> {
    const going = looks.of(pending.look);
    if (going === undefined) {
      const clicked = { verb: pending.verb, inputs: FormInputs.parse(pending.inputs) };
      const answer = await act(context, turn, { ...form, pending: null }, clicked);
      if (answer.kind !== 'refused') return answer;
      return { kind: 'card', card: formUnreadCard(form, answer, canGoBack(turn.dialogs)), form, later: null };
    }
    const card = (await withinPatience(going)) === 'in-time' ? await going : null;
    const now = waitingForm((await opened(context, form.id)).dialogs);
    if (now !== null && becameRequest(now)) return { kind: 'submitted', form: now };
    return { kind: 'card', card: card ?? formLookingCard(form, canGoBack(turn.dialogs)), form, later: null };
  }

  /** Does what was clicked; where Azure is too slow for an answer, in the background. */
  async function act(
    context: TurnContext,
    turn: Opened,
    form: Form,
    clicked: { readonly verb: string; readonly inputs: FormInputs },
  ): Promise<FormAnswer> {
    const look = mintFormId(ports.random(10));
    let told = false;
    turn.dialog.click = { ...clicked, isWanted: async () => !told || (await isPending(context, form.id, look)) };
    const working = refusing(async () => {
      await turn.dialogs.continueDialog();
      return answerOf(turn);
    });
    if ((await withinPatience(working)) === 'slow') {
      told = true;
      return goOn(context, form, { ...clicked, look }, working);
    }
    const answer = await working;
    if (answer.kind !== 'refused') await turn.save();
    return answer;
  }

  /**
   * The process may have ended right after it posted the form: then the first click tells where it stands. The message becomes
   * the request's card, so it must not be another's.
   */
  async function whereItStands(form: Form, at: Posted | null): Promise<Form> {
    const { messageId, conversationId } = form.origin;
    if (messageId !== undefined || at === null || at.conversationId !== conversationId) return form;
    return (await isTaken(at)) ? form : standingIn(form, at.activityId);
  }

  async function clickOnce(context: TurnContext, call: FormClickCall): Promise<FormAnswer> {
    if (!isFormId(call.formId)) return refuse('form-ended');
    const turn = await opened(context, call.formId);
    const kept = waitingForm(turn.dialogs);
    if (kept === null) return refuse('form-ended');
    if (kept.owner !== call.by) return refuse('not-your-form');
    if (becameRequest(kept)) return { kind: 'submitted', form: kept };
    const card = cardOfWaiting(turn.dialogs);
    const form = await whereItStands(kept, call.at);
    keepForm(turn.dialogs, form, card);
    const current = call.revision === form.revision && call.verb !== 'form.show';
    if (form.ended === 'left' && card !== null && !(current && call.verb === 'form.resume'))
      return { kind: 'card', card, form, later: null };
    const { pending } = form;
    if (pending !== null && !(current && call.verb === 'form.cancel')) {
      if (current && call.verb === 'form.back' && card !== null) return giveUp(turn, form, card);
      return lookOn(context, turn, form, pending);
    }
    // A button of an earlier page shows the current one and does nothing else.
    if (!current && card !== null) return { kind: 'card', card, form, later: null };
    const inputs = FormInputs.safeParse(call.inputs ?? {}).data ?? FormInputs.parse({});
    return act(context, turn, form, { verb: current ? call.verb : 'show', inputs });
  }

  return {
    open: (context, form) =>
      refusing(async () => {
        const turn = await opened(context, form.id);
        await turn.dialogs.beginDialog(turn.dialog.id, form);
        await turn.save();
        return answerOf(turn);
      }),
    standsIn: (context, formId, messageId) =>
      unlessStale(async () => {
        const { dialogs, save } = await opened(context, formId);
        const form = waitingForm(dialogs);
        if (form === null) return;
        keepForm(dialogs, standingIn(form, messageId), cardOfWaiting(dialogs));
        await save();
      }),
    click: (context, call) => unlessStale(() => clickOnce(outlasting(context), call)),
    async read(context, formId, by) {
      if (!isFormId(formId)) return null;
      const form = waitingForm((await opened(context, formId)).dialogs);
      return form?.owner === by ? form : null;
    },
  };
}
