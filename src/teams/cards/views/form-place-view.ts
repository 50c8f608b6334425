/** What stands in the place of a form for those who do not fill it in, and for everybody once nobody does any more. */
import type { Form } from '../../../operations/form.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { bold, label, md, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { nameOf } from './form-view.ts';

export interface FormOwner {
  readonly name: string;
  /** As Teams' user id. */
  readonly memberId: string;
}

const titleOf = (form: Form): string => operationNamed(form.operation).words.title;
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Where others can see it: who fills in what, and no control that is not theirs. */
export function formOpenCard(form: Form, { name, memberId }: FormOwner): AdaptiveCard {
  const what = form.changes === null ? 'filling in a request' : `changing ${form.requestId}`;
  const title = `${name} is ${what}`;
  return renderCard('form-open', {
    formId: form.id,
    revision: form.revision,
    userIds: [memberId],
    fallbackText: label(`${title}.`),
    title: plain<string>(title),
    text: plain<string>(
      form.changes === null
        ? `${titleOf(form)}. Nothing is asked of anybody until it is submitted.`
        : 'Until it is submitted the request stays as it is, and can be decided on.',
    ),
  });
}

/** The form was cancelled. */
export function formCancelledCard(form: Form): AdaptiveCard {
  return renderCard('form-ended', {
    formId: '',
    revision: form.revision,
    fallbackText: label('The form was cancelled.'),
    stateLine: plain('○ Cancelled'),
    title: plain(titleOf(form)),
    text:
      form.changes === null
        ? md`Nothing was stored. Nothing was changed in Azure. To start again, type ${bold(operationNamed(form.operation).typed.name)}`
        : plain<string>(`${form.requestId} stays as it was. Nothing was changed in Azure.`),
  });
}

/** The change was stored: what becomes of the request, its own card tells. */
export function formChangedCard(form: Form): AdaptiveCard {
  return renderCard('form-ended', {
    formId: '',
    revision: form.revision,
    fallbackText: label(`${form.requestId} was changed.`),
    stateLine: plain('✓ Changed'),
    title: plain<string>(`${form.requestId}: ${nameOf(form)}`),
    text: plain(
      'The change was stored and the approvers were asked anew: what was approved before it does not count. The request’s card shows how it stands.',
    ),
  });
}

/** Nobody went on with it: closed, with a way back in for its owner. */
export function formLeftCard(form: Form, owner: string): AdaptiveCard {
  const about = nameOf(form);
  const where = about === '' ? '' : ` for ${about}`;
  return renderCard('form-ended', {
    formId: form.id,
    revision: form.revision,
    fallbackText: label('The form was closed after an hour. What was filled in is kept.'),
    stateLine: plain('○ Closed'),
    title: plain<string>(`${owner}’s form: ${lowerFirst(titleOf(form))}${where}`),
    text: plain(
      'Nobody went on with it for an hour. What was filled in is kept for 7 days. Nothing was submitted, nothing was changed in Azure.',
    ),
  });
}
