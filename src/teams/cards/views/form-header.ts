import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import { refusalWords } from '../../../words/refusals.ts';
import { bold, label, md, nothing, plain } from '../plain-text.ts';

const formFallback = label('Enable a customer-managed key. Open this in a Teams version that shows cards.');

/** What stands on every page. */
export function formHeaderOf(form: Form, problem: Refusal | null) {
  const words = problem === null ? null : refusalWords(problem);
  return {
    formId: form.id,
    revision: form.revision,
    fallbackText: formFallback,
    problem: words === null ? nothing : md`${bold(words.title)} ${plain(words.text)}`,
  };
}
