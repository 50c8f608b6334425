/** The dialog that collects the choices for a request, page by page. `turn` is pure but for what it reads; `showPage` draws where the form then is. */
import type { Portal } from '../../domain/ports/azure.ts';
import { type Refusal, refuseFailure } from '../../domain/request/refusal.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import type { Form } from '../../operations/form.ts';
import {
  back,
  cancelForm,
  chooseKeyWay,
  type FormResult,
  factsOf,
  next,
  recoverLostSubmit,
  resume,
  submit,
  switchOperation,
} from '../../operations/form-clicks.ts';
import type { FormInputs } from '../../operations/pages/page.ts';
import { withInputs } from '../cards/filled-in.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formCancelledCard, formChangedCard } from '../cards/views/form-place-view.ts';
import { formCard } from '../cards/views/form-view.ts';
import { withPortal } from '../cards/views/portal-line.ts';

/** What the buttons of a form send. */
export const formVerbs = [
  'form.next',
  'form.back',
  'form.submit',
  'form.cancel',
  'form.existing-key',
  'form.new-key',
  'form.switch',
  'form.refresh',
  'form.show',
  'form.resume',
] as const;

/** No verb of a card: the form was to be submitted, and the process ended before it was. */
export const submitLost = 'submit-lost';

export interface DialogTools {
  readonly ports: CommandPorts;
  /** Null: the addresses of the Azure portal aren't known. */
  readonly portal: Portal | null;
}

/** A click on the form, already known to be the owner's and on the current page. */
export interface DialogClick {
  readonly verb: string;
  readonly inputs: FormInputs;
  /** Whether the person still waits for the result: once they gave it up, no request comes of the click. */
  readonly isWanted: () => Promise<boolean>;
}

export interface DialogPage {
  readonly kind: 'card';
  readonly card: AdaptiveCard;
  readonly form: Form;
}
/** A request came of the form. Its card replaces the form's. */
export interface Submitted {
  readonly kind: 'submitted';
  readonly form: Form;
}

/** The message of a form that asks for something new becomes the request's card; one that changes a request has a card already. */
export const becameRequest = ({ ended, changes }: Form): boolean => ended === 'submitted' && changes === null;

/** Each plan that is shown has a revision of its own: a card that shows another one submits nothing. */
const showing = (form: Form, digest: string): Form => ({
  ...form,
  shownDigest: digest,
  revision: form.shownDigest === null || form.shownDigest === digest ? form.revision : form.revision + 1,
});

/** Returns the refusal to show instead where the facts of the page can't be read. */
async function draw(
  { ports, portal }: DialogTools,
  form: Form,
  problem: Refusal | null,
): Promise<DialogPage | Refusal> {
  const page = (card: AdaptiveCard, shown = form): DialogPage => ({ kind: 'card', card, form: shown });
  if (form.ended === 'submitted') return page(formChangedCard(form));
  if (form.ended === 'cancelled') return page(formCancelledCard(form));
  const facts = await factsOf(form, ports);
  if ('kind' in facts) return facts;
  if (!facts.ok) return refuseFailure(facts.failure);
  const { value } = facts;
  const shown = value.page === 'review' ? showing(form, value.digest) : form;
  const card = formCard(shown, value, problem);
  return page(value.page === 'review' ? withPortal(card, portal, value.plan, undefined) : card, shown);
}

/**
 * The page on which the form is. With a problem, it shows what was filled in. The form comes back with what drawing it fixed, such
 * as the digest shown.
 */
export async function showPage(
  tools: DialogTools,
  { form, problem }: FormResult,
  inputs: FormInputs,
): Promise<DialogPage | Submitted | Refusal> {
  if (becameRequest(form)) return { kind: 'submitted', form };
  const drawn = await draw(tools, form, problem);
  if (drawn.kind === 'refused' || problem === null) return drawn;
  return { ...drawn, card: withInputs(drawn.card, inputs) };
}

/** What the click comes to. */
export async function turn({ ports }: DialogTools, before: Form, click: DialogClick): Promise<FormResult> {
  const { verb, inputs, isWanted } = click;
  const form: Form = { ...before, pending: null };
  if (form.ended === 'left' && verb === 'form.resume') return resume(form);
  if (form.ended !== null) return { form, problem: null };
  switch (verb) {
    case 'form.next':
      return next(form, inputs, ports);
    case 'form.back':
      return back(form);
    case 'form.submit':
      return submit(form, inputs, ports, isWanted);
    case submitLost:
      return recoverLostSubmit(form, inputs, ports);
    case 'form.cancel':
      return cancelForm(form, ports);
    case 'form.existing-key':
      return chooseKeyWay(form, 'existing');
    case 'form.new-key':
      return chooseKeyWay(form, 'new');
    case 'form.switch':
      return switchOperation(form);
    default:
      // 'form.refresh', and a button that is not of this page: drawn anew.
      return { form, problem: null };
  }
}
