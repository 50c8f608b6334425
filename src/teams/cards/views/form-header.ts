import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import { formPagesOf } from '../../../operations/form-clicks.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { refusalWords } from '../../../text/refusals.ts';
import type { Crumb } from '../data/row.ts';
import { bold, label, md, nothing, plain } from '../plain-text.ts';

/** The pages the answers lead through, and which of them this is. */
function crumbsOf(form: Form): Crumb[] {
  const pages = formPagesOf(operationNamed(form.operation), form);
  const current = pages.findIndex(({ name }) => name === form.page);
  return pages.map((page, index) => {
    const glyph = index < current ? '✓' : index === current ? '●' : '○';
    const here = index === current;
    return {
      text: plain<string>(`${glyph} ${page.label}`),
      color: here ? 'Accent' : 'Default',
      weight: here ? 'Bolder' : 'Default',
      subtle: !here,
      spacing: index === 0 ? 'None' : 'Default',
    };
  });
}

export const canGoBack = (form: Form): boolean =>
  formPagesOf(operationNamed(form.operation), form)[0]?.name !== form.page;

/** What stands on every page. */
export function formHeaderOf(form: Form, problem: Refusal | null) {
  const words = problem === null ? null : refusalWords(problem);
  const { title } = operationNamed(form.operation).words;
  return {
    formId: form.id,
    revision: form.revision,
    fallbackText: label(`${title}. Open this in a Teams version that shows cards.`),
    crumbs: crumbsOf(form),
    problem: words === null ? nothing : md`${bold(words.title)} ${plain(words.text)}`,
  };
}
