/** Forms in Teams: opened by a command, clicked by their owner, kept between clicks whatever happens to the process. */
import type { TurnContext } from 'botbuilder';
import { type DialogContext, DialogContextError, DialogSet } from 'botbuilder-dialogs';
import { FormId, type PersonId } from '../../domain/ids.ts';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Form } from '../../operations/form.ts';
import { FormInputs } from '../../operations/pages/page.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formSlowCard } from '../cards/views/form-view.ts';
import { CannotDraw, FormDialog, type FormWork, keepForm, waitingForm } from './form-dialog.ts';
import { FormState } from './form-state.ts';
import { formWork, pendingOf } from './form-turn.ts';

/** Each lost race means that another click won: more at once on one form are not a person's. */
const mostAttempts = 10;

export interface FormClickCall {
  readonly by: PersonId;
  readonly formId: string;
  readonly revision: number;
  readonly verb: string;
  /** As it came from the card: checked here. */
  readonly inputs: unknown;
}

export type FormAnswer = { readonly kind: 'card'; readonly card: AdaptiveCard; readonly form: Form } | Refusal;

export interface Forms {
  open(context: TurnContext, form: Form): Promise<FormAnswer>;
  click(context: TurnContext, call: FormClickCall): Promise<FormAnswer>;
  /** The form as it stands, for its owner only. */
  read(context: TurnContext, formId: string, by: PersonId): Promise<Form | null>;
}

/** What a client sends as an id is not asked of the database unless it could be one. */
const isFormId = (id: string): boolean => FormId.safeParse(id).success;

/** Teams shows an error of its own after 10 to 15 s; drawing, storing and the way back take their share. */
const patienceMs = 8_000;

async function withinPatience(work: Promise<unknown>): Promise<'in-time' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'slow');
  });
  try {
    return await Promise.race([work.then(() => 'in-time' as const), slow]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was thrown. The library puts the whole form round it, people's words included, which must not reach a log. */
const thrownBy = (error: unknown): unknown => (error instanceof DialogContextError ? error.error : error);

/** A form as it lies in the store, with the dialog that one turn of it is. */
interface Opened {
  readonly dialogs: DialogContext;
  readonly dialog: FormDialog;
  save(): Promise<void>;
}

async function load(documents: Documents, work: FormWork, context: TurnContext, formId: string): Promise<Opened> {
  const state = new FormState(documents, formId);
  await state.load(context, true);
  const dialog = new FormDialog(work);
  const dialogs = await new DialogSet(state.createProperty('dialog')).add(dialog).createContext(context);
  return { dialogs, dialog, save: () => state.saveChanges(context) };
}

function answerOf({ dialogs, dialog }: Opened): FormAnswer {
  const form = waitingForm(dialogs);
  return form === null || dialog.drawn === null ? refuse('form-ended') : { kind: 'card', card: dialog.drawn, form };
}

export function openForms(documents: Documents, ports: CommandPorts): Forms {
  const work = formWork(ports);
  const opened = (context: TurnContext, formId: string): Promise<Opened> => load(documents, work, context, formId);

  /** Keeps the form as it was, with the click that is to be made again, unless another click was faster. */
  async function tooSlow(context: TurnContext, form: Form): Promise<FormAnswer> {
    // Read afresh: what is still under way goes on with the state it began with, which nobody stores.
    const { dialogs, save } = await opened(context, form.id);
    const now = waitingForm(dialogs);
    if (now === null || now.revision === form.revision) {
      keepForm(dialogs, form);
      await save().catch((error: unknown) => {
        if (!(error instanceof StaleDocument)) throw error;
      });
    }
    return { kind: 'card', card: formSlowCard(form), form };
  }

  async function clickOnce(context: TurnContext, call: FormClickCall): Promise<FormAnswer> {
    if (!isFormId(call.formId)) return refuse('form-ended');
    const turn = await opened(context, call.formId);
    const form = waitingForm(turn.dialogs);
    if (form === null) return refuse('form-ended');
    if (form.owner !== call.by) return refuse('not-your-form');
    // A button of an earlier page shows the current one and does nothing else.
    const current = call.revision === form.revision;
    const inputs = FormInputs.safeParse(call.inputs ?? {}).data ?? FormInputs.parse({});
    let late = false;
    const click = { verb: current ? call.verb : 'show', inputs, late: () => late };
    turn.dialog.click = click;
    if ((await withinPatience(turn.dialogs.continueDialog())) === 'slow') {
      late = true;
      return tooSlow(context, current ? { ...form, pending: pendingOf(form, click) } : form);
    }
    // A stale click changes nothing: saving it would only make other clicks lose the race.
    if (current) await turn.save();
    return answerOf(turn);
  }

  /** What cannot be drawn is a refusal; what is thrown besides is a bug. */
  async function refusing(act: () => Promise<FormAnswer>): Promise<FormAnswer> {
    try {
      return await act();
    } catch (caught) {
      const error = thrownBy(caught);
      if (error instanceof CannotDraw) return error.refusal;
      throw error;
    }
  }

  return {
    open: (context, form) =>
      refusing(async () => {
        const turn = await opened(context, form.id);
        const begun = turn.dialogs.beginDialog(turn.dialog.id, form);
        if ((await withinPatience(begun)) === 'slow') return tooSlow(context, form);
        await turn.save();
        return answerOf(turn);
      }),
    async click(context, call) {
      // Two clicks at once: the slower one finds the form changed and shows it as it is now.
      for (let attempt = 1; ; attempt++) {
        try {
          return await refusing(() => clickOnce(context, call));
        } catch (error) {
          if (!(error instanceof StaleDocument) || attempt === mostAttempts) throw error;
        }
      }
    },
    async read(context, formId, by) {
      if (!isFormId(formId)) return null;
      const form = waitingForm((await opened(context, formId)).dialogs);
      return form?.owner === by ? form : null;
    },
  };
}
