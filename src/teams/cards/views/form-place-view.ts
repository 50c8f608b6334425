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
  const title = `${name} is filling in a request`;
  return renderCard('form-open', {
    formId: form.id,
    revision: form.revision,
    userIds: [memberId],
    fallbackText: label(`${title}.`),
    title: plain<string>(title),
    text: plain<string>(`${titleOf(form)}. Nothing is asked of anybody until it is submitted.`),
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
    text: md`Nothing was stored. Nothing was changed in Azure. To start again, type ${bold(operationNamed(form.operation).typed.name)}`,
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
