/**
 * The dialog that collects the values of a request, page by page. `turn` is pure except for its reads; `showPage`
 * renders the current page.
 */
import type { Portal } from '../../domain/ports/azure.ts';
import { type Refusal, refuseFailure } from '../../domain/request/refusal.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import type { Form } from '../../operations/form.ts';
import {
  back,
  cancelForm,
  chooseKeyWay,
  type FormResult,
  next,
  readPage,
  recoverLostSubmit,
  resume,
  submit,
  switchOperation,
} from '../../operations/form-clicks.ts';
import type { FormInputs } from '../../operations/pages/page.ts';
import { type AdaptiveCard, withInputs } from '../cards/render-card.ts';
import { formCancelledCard, formChangedCard, withRejection } from '../cards/views/form-place-view.ts';
import { formCard } from '../cards/views/form-view.ts';
import { withPortal } from '../cards/views/parts.ts';

/** Verbs of a form's buttons. */
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

/** Not a verb of a card: a submit was pending when the process ended. */
export const submitLost = 'submit-lost';

export interface DialogTools {
  readonly ports: CommandPorts;
  /** Null: the addresses of the Azure portal aren't known. */
  readonly portal: Portal | null;
}

/** A click on the form. Owner and page are already checked. */
interface DialogClick {
  readonly verb: string;
  readonly inputs: FormInputs;
  /** Returns false after the person abandoned the click: then it creates no request. */
  readonly isWanted: () => Promise<boolean>;
}

export interface DialogPage {
  readonly kind: 'card';
  readonly card: AdaptiveCard;
  readonly form: Form;
}
/** The form became a request. Its card replaces the form's. */
export interface Submitted {
  readonly kind: 'submitted';
  readonly form: Form;
}

/**
 * Returns true if the form's message becomes the request's card. A form that edits a request doesn't: that request has
 * a card.
 */
export const becameRequest = ({ ended, changes }: Form): boolean => ended === 'submitted' && changes === null;

/** Each displayed plan has its own revision, so a card with another plan can't submit it. */
const showing = (form: Form, digest: string): Form => ({
  ...form,
  shownDigest: digest,
  revision: form.shownDigest === null || form.shownDigest === digest ? form.revision : form.revision + 1,
});

async function draw(
  { ports, portal }: DialogTools,
  form: Form,
  problem: Refusal | null,
): Promise<DialogPage | Refusal> {
  const page = (card: AdaptiveCard, shown = form): DialogPage => ({ kind: 'card', card, form: shown });
  if (form.ended === 'submitted') return page(formChangedCard(form));
  if (form.ended === 'cancelled') return page(formCancelledCard(form));
  const read = await readPage(form, ports);
  if ('kind' in read) return read;
  if (!read.ok) return refuseFailure(read.failure);
  const { facts, obstacle } = read.value;
  const shown = facts.page === 'review' ? showing(form, facts.digest) : read.value.form;
  const rejected = form.rejected === undefined ? null : await ports.requests.load(form.rejected);
  const card = withRejection(formCard(shown, facts, problem, obstacle), rejected);
  return page(facts.page === 'review' ? withPortal(card, portal, facts.plan, undefined) : card, shown);
}

/**
 * Returns the current page. With a problem, it keeps the entered values. The form contains what rendering fixed, such
 * as the displayed digest.
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

export async function turn({ ports }: DialogTools, before: Form, click: DialogClick): Promise<FormResult> {
  const { verb, inputs, isWanted } = click;
  if (before.ended === 'left' && verb === 'form.resume') return resume(before);
  const form: Form = { ...before, pending: null, ended: before.ended === 'left' ? null : before.ended };
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
      // 'form.refresh', and buttons of other pages: render the current page.
      return { form, problem: null };
  }
}
