import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import { formPagesOf } from '../../../operations/form-clicks.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { bold, label, md, nothing, plain } from '../plain-text.ts';

/** `Step 2 of 4: Key vault`: the current page among those that the answers lead through. */
function stepOf(form: Form) {
  const pages = formPagesOf(operationNamed(form.operation), form);
  const stepNumber = pages.findIndex(({ name }) => name === form.page) + 1;
  const step = plain<string>(`Step ${stepNumber} of ${pages.length}: ${pages[stepNumber - 1]?.label ?? ''}`);
  return { step, stepNumber, stepCount: pages.length };
}

export const canGoBack = (form: Form): boolean =>
  formPagesOf(operationNamed(form.operation), form)[0]?.name !== form.page;

/** Fields of every page. */
export function formHeaderOf(form: Form, problem: Refusal | null) {
  const words = problem === null ? null : refusalWords(problem);
  const { title } = operationNamed(form.operation).words;
  return {
    formId: form.id,
    revision: form.revision,
    fallbackText: label(`${title}. Open this in a Teams version that shows cards.`),
    ...stepOf(form),
    problem: words === null ? nothing : md`${bold(words.title)} ${plain(words.text)}`,
  };
}
