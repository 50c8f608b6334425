/** What a click comes to: `turn` is pure but for what it reads, and `draw` makes a card of where the form then is. */
import type { Portal } from '../../domain/ports/azure.ts';
import { type Refusal, refuseFailure } from '../../domain/request/refusal.ts';
import type { Form } from '../../operations/form.ts';
import {
  back,
  cancelForm,
  chooseKeyWay,
  type FormResult,
  factsOf,
  next,
  resume,
  submit,
  switchOperation,
} from '../../operations/form-clicks.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import { formCancelledCard, formChangedCard } from '../cards/views/form-place-view.ts';
import { formCard } from '../cards/views/form-view.ts';
import { withPortal } from '../cards/views/portal-line.ts';
import { CannotDraw, type DrawnForm, type FormClick, type FormWork } from './form-dialog.ts';

export interface FormTools {
  readonly ports: CommandPorts;
  /** Null: nobody knows where Azure's own pages are. */
  readonly portal: Portal | null;
}

async function draw({ ports, portal }: FormTools, form: Form, problem: Refusal | null): Promise<DrawnForm> {
  if (form.ended === 'submitted') return { form, card: form.changes === null ? null : formChangedCard(form) };
  if (form.ended === 'cancelled') return { form, card: formCancelledCard(form) };
  const facts = await factsOf(form, ports);
  if ('kind' in facts) throw new CannotDraw(facts);
  if (!facts.ok) throw new CannotDraw(refuseFailure(facts.failure));
  const shown = facts.value.page === 'review' ? { ...form, shownDigest: facts.value.digest } : form;
  const card = formCard(shown, facts.value, problem);
  const { value } = facts;
  return { form: shown, card: value.page === 'review' ? withPortal(card, portal, value.plan, undefined) : card };
}

async function turn(ports: CommandPorts, before: Form, click: FormClick): Promise<FormResult> {
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

export const formWork = (tools: FormTools): FormWork => ({
  draw: (form, problem) => draw(tools, form, problem),
  turn: (form, click) => turn(tools.ports, form, click),
});
