/** Forms in Teams: opened by a command, clicked by their owner, kept between clicks whatever happens to the process. */
import type { TurnContext } from 'botbuilder';
import { type DialogContext, DialogContextError, DialogSet } from 'botbuilder-dialogs';
import { FormId, type PersonId } from '../../domain/ids.ts';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import { type Refusal, refuse, refuseFailure } from '../../domain/request/refusal.ts';
import type { Form } from '../../operations/form.ts';
import { back, cancelForm, FormInputs, next, submit, type Turned } from '../../operations/form-clicks.ts';
import { factsOf } from '../../operations/form-pages.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formCard, formEndedCard, formSlowCard } from '../cards/views/form-view.ts';
import { CannotDraw, drawnCard, type FormClick, FormPage, pageIdOf, setClick, waitingForm } from './form-page.ts';
import { FormState, setFormId } from './form-state.ts';

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

async function draw(ports: CommandPorts, form: Form, problem: Refusal | null) {
  if (form.ended !== null) return { form, card: formEndedCard(form) };
  const facts = await factsOf(ports, form);
  if ('kind' in facts) throw new CannotDraw(facts);
  if (!facts.ok) throw new CannotDraw(refuseFailure(facts.failure));
  const shown = facts.value.page === 'review' ? { ...form, shownDigest: facts.value.digest } : form;
  return { form: shown, card: formCard(shown, facts.value, problem) };
}

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

/** What is to be done again once Azure is quicker. */
function pendingOf(form: Form, { verb, inputs }: FormClick): Form['pending'] {
  if (verb === 'form.next' || verb === 'form.submit') return { verb, inputs };
  return verb === 'form.refresh' ? form.pending : null;
}

async function turn(ports: CommandPorts, before: Form, click: FormClick): Promise<Turned> {
  const { verb, inputs, late } = click;
  const form: Form = { ...before, pending: null };
  if (form.ended !== null) return { form, problem: null };
  if (verb === 'form.refresh' && before.pending !== null) {
    const { verb: again, inputs: filled } = before.pending;
    return turn(ports, form, { verb: again, inputs: FormInputs.parse(filled), late });
  }
  switch (verb) {
    case 'form.next':
      return next(form, inputs, ports);
    case 'form.back':
      return back(form);
    case 'form.submit':
      return submit(form, inputs, ports, late);
    case 'form.cancel':
      return cancelForm(form);
    default:
      return { form, problem: null };
  }
}

/** What a page threw. The library puts the whole form round it, people's words included, which must not reach a log. */
const thrownBy = (error: unknown): unknown => (error instanceof DialogContextError ? error.error : error);

export function openForms(documents: Documents, ports: CommandPorts): Forms {
  const state = new FormState(documents);
  const work = {
    draw: (form: Form, problem: Refusal | null) => draw(ports, form, problem),
    turn: (form: Form, click: FormClick) => turn(ports, form, click),
  };
  const pages = new DialogSet(state.createProperty('dialog'));
  for (const page of ['resource', 'vault', 'key', 'review', 'ended'] as const) pages.add(new FormPage(page, work));

  async function load(context: TurnContext, formId: string): Promise<DialogContext> {
    setFormId(context, formId);
    await state.load(context, true);
    return pages.createContext(context);
  }

  async function answer(context: TurnContext, dialogs: DialogContext): Promise<FormAnswer> {
    const form = waitingForm(dialogs);
    if (form === null) return refuse('form-ended');
    return { kind: 'card', card: drawnCard(context), form };
  }

  /** Keeps the form as it was, with the click that is to be made again, unless another click was faster. */
  async function tooSlow(context: TurnContext, form: Form): Promise<FormAnswer> {
    // Read afresh: what is still under way goes on with the state it began with, which nobody stores.
    const dialogs = await load(context, form.id);
    const now = waitingForm(dialogs);
    if (now === null || now.revision === form.revision) {
      dialogs.stack.splice(0, 1, { id: pageIdOf(form), state: { form } });
      await state.saveChanges(context).catch((error: unknown) => {
        if (!(error instanceof StaleDocument)) throw error;
      });
    }
    return { kind: 'card', card: formSlowCard(form), form };
  }

  async function clickOnce(context: TurnContext, call: FormClickCall): Promise<FormAnswer> {
    if (!isFormId(call.formId)) return refuse('form-ended');
    const dialogs = await load(context, call.formId);
    const form = waitingForm(dialogs);
    if (form === null) return refuse('form-ended');
    if (form.owner !== call.by) return refuse('not-your-form');
    // A button of an earlier page shows the current one and does nothing else.
    const current = call.revision === form.revision;
    const read = FormInputs.safeParse(call.inputs ?? {});
    const inputs = read.success ? read.data : FormInputs.parse({});
    let late = false;
    const click = { verb: current ? call.verb : 'show', inputs, late: () => late };
    setClick(context, click);
    if ((await withinPatience(dialogs.continueDialog())) === 'slow') {
      late = true;
      return tooSlow(context, current ? { ...form, pending: pendingOf(form, click) } : form);
    }
    // A stale click changes nothing: saving it would only make other clicks lose the race.
    if (current) await state.saveChanges(context);
    return answer(context, dialogs);
  }

  return {
    async open(context, form) {
      try {
        const dialogs = await load(context, form.id);
        const begun = dialogs.beginDialog(pageIdOf(form), { form, problem: null } satisfies Turned);
        if ((await withinPatience(begun)) === 'slow') return await tooSlow(context, form);
        await state.saveChanges(context);
        return await answer(context, dialogs);
      } catch (caught) {
        const error = thrownBy(caught);
        if (error instanceof CannotDraw) return error.refusal;
        throw error;
      }
    },
    async click(context, call) {
      // Two clicks at once: the slower one finds the form changed and shows it as it is now.
      for (let attempt = 1; ; attempt++) {
        try {
          return await clickOnce(context, call);
        } catch (caught) {
          const error = thrownBy(caught);
          if (error instanceof CannotDraw) return error.refusal;
          if (!(error instanceof StaleDocument) || attempt === mostAttempts) throw error;
        }
      }
    },
    async read(context, formId, by) {
      if (!isFormId(formId)) return null;
      const form = waitingForm(await load(context, formId));
      return form?.owner === by ? form : null;
    },
  };
}
