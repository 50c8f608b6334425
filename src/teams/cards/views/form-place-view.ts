/** Cards in the place of a form: for other people, and for everyone after the form ended. */

import type { KnownPerson } from '../../../domain/ports/store.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Request } from '../../../domain/request/request.ts';
import { lowerFirst } from '../../../domain/strings.ts';
import type { Form, PageName } from '../../../operations/form.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { bold, label, md, plain, quoted, sentences } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { grey, marks, row } from '../row.ts';
import { nameOf } from './form-view.ts';
import { formHeaderOf } from './parts.ts';
import { badge } from './state-line.ts';

const titleOf = (form: Form): string => operationNamed(form.operation).words.title;

const ending = ({ revision }: Form, words: string, { color, icon }: (typeof badge)['done' | 'ended']) => ({
  revision,
  stateLine: plain(words),
  stateColor: color,
  stateIcon: icon,
});

/** For places with several readers: who is filling in what, without buttons for others. */
export function formOpenCard(form: Form, { name, memberId }: Pick<KnownPerson, 'name' | 'memberId'>): AdaptiveCard {
  const what = form.changes === null ? 'filling in a request' : `editing ${form.requestId}`;
  const title = `${name} is ${what}`;
  return renderCard('form-open', {
    formId: form.id,
    revision: form.revision,
    userIds: [memberId],
    fallbackText: label(`${title}.`),
    title: plain(title),
    text: plain(
      form.changes === null
        ? `${titleOf(form)}. Approvers are asked when the request is submitted.`
        : 'Until the edit is submitted, the request stays as it is and can be approved.',
    ),
  });
}

export function formCancelledCard(form: Form): AdaptiveCard {
  return renderCard('form-ended', {
    formId: '',
    ...ending(form, 'Canceled', badge.ended),
    fallbackText: label('The form was canceled.'),
    title: plain(titleOf(form)),
    text:
      form.changes === null
        ? md`Nothing was saved or changed in Azure. To start again, type ${bold(operationNamed(form.operation).typed.name)}`
        : plain(`${form.requestId} stays as it was. Nothing was changed in Azure.`),
  });
}

/** The form that only its owner saw, once it was submitted. Teams doesn't keep such a message up to date: it has no buttons. */
export function formSentCard(form: Form): AdaptiveCard {
  return renderCard('form-ended', {
    formId: '',
    ...ending(form, 'Sent for approval', badge.done),
    fallbackText: label(`${form.requestId} was sent for approval.`),
    title: plain(`${form.requestId}: ${nameOf(form)}`),
    text: plain('The request has its own card in this conversation, which everyone sees.'),
  });
}

/** The edit was stored. The request's own card shows the rest. */
export function formChangedCard(form: Form): AdaptiveCard {
  return renderCard('form-ended', {
    formId: '',
    ...ending(form, 'Edited', badge.done),
    fallbackText: label(`${form.requestId} was edited.`),
    title: plain(`${form.requestId}: ${nameOf(form)}`),
    text: plain('The edit was saved. Existing approvals were removed, and approvers were asked again.'),
  });
}

/** `outdated`: the form edits a request that was changed, decided or ended meanwhile. */
export type ClosingReason = 'unused' | 'replaced' | 'outdated';

const closingWords = ({ origin, requestId }: Form, why: ClosingReason): string => {
  const saved = 'The entries are saved for 7 days. Nothing was submitted or changed in Azure.';
  const time = origin.conversationType === 'personal' ? 'an hour' : '15 minutes';
  switch (why) {
    case 'unused':
      return `The form was closed after ${time} without changes. ${saved}`;
    case 'replaced':
      return `The form was closed because you opened another one. ${saved}`;
    case 'outdated':
      return `The form was closed because ${requestId} was changed, decided or ended. The edit wasn’t submitted.`;
  }
};

/** An abandoned form: closed, but its owner can resume, unless the edit is outdated. */
export function formAbandonedCard(form: Form, owner: string, why: ClosingReason): AdaptiveCard {
  const about = nameOf(form);
  const where = about === '' ? '' : ` for ${about}`;
  const words = closingWords(form, why);
  return renderCard('form-ended', {
    formId: why === 'outdated' ? '' : form.id,
    ...ending(form, 'Closed', badge.ended),
    fallbackText: label(words),
    title: plain(`${owner}’s form: ${lowerFirst(titleOf(form))}${where}`),
    text: plain(words),
  });
}

/** Why the earlier request was rejected, above the page that asks again. */
export function withRejection(card: AdaptiveCard, request: Request | null): AdaptiveCard {
  if (request?.state !== 'rejected') return card;
  const { comment } = request.ended;
  const title = bold(`${request.id} was rejected`);
  const text = comment === null ? md`${title}.` : md`${title}: ${quoted(comment)}`;
  const note = { type: 'TextBlock', text, wrap: true, spacing: 'Default' };
  const [header, ...rest] = card.body;
  return { ...card, body: header === undefined ? [note] : [header, note, ...rest] };
}

const lookingFor: { readonly [P in PageName]: string } = {
  resource: 'Looking for resources',
  vault: 'Looking at the vaults',
  key: 'Looking at the keys',
  version: 'Looking at the key’s versions',
  review: 'Working out what would change',
};

function comingPage(form: Form): PageName {
  const pages = operationNamed(form.operation).pages(form);
  const step = form.pending?.verb === 'form.next' ? 1 : form.pending?.verb === 'form.back' ? -1 : 0;
  return pages[pages.findIndex(({ name }) => name === form.page) + step]?.name ?? form.page;
}

/** Azure was called, and the page follows automatically. `unread`: it failed after the person stopped waiting. */
export function formSlowCard(form: Form, unread: Refusal | null, canGoBack: boolean): AdaptiveCard {
  const coming = { ...form, page: comingPage(form) };
  const words = unread === null ? null : refusalWords(unread);
  const looking = [
    grey(plain('This page updates automatically. Your entries are saved.')),
    grey(plain('If nothing happens after 3 minutes, select Try again.')),
  ];
  return renderCard('form-slow', {
    ...formHeaderOf(coming, null),
    fallbackText: label('Azure takes longer than usual. What you filled in is kept.'),
    title: plain(
      form.pending?.verb === 'form.submit' ? 'Looking once more before it is submitted' : lookingFor[coming.page],
    ),
    subject: plain(nameOf(form)),
    state: [
      words === null
        ? row(marks.now, plain('Azure takes longer than usual'), looking)
        : row(marks.warn, plain(words.title), [
            grey(sentences(words.text)),
            grey(plain('What you filled in is kept.')),
          ]),
    ],
    canGoBack,
  });
}
