/** Cards that replace a page while Azure is slow. */
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form, PageName } from '../../../operations/form.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { grey, marks, row } from '../data/row.ts';
import { label, plain, sentences } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { nameOf } from './form-view.ts';
import { formHeaderOf } from './parts.ts';

const lookingFor: { readonly [P in PageName]: string } = {
  resource: 'Looking for agents',
  vault: 'Looking at the vaults',
  key: 'Looking at the keys',
  version: 'Looking at the key’s versions',
  review: 'Working out what would change',
};

/** Returns the next page, as far as the answers decide it. */
function comingPage(form: Form): PageName {
  const pages = operationNamed(form.operation).pages(form);
  const step = form.pending?.verb === 'form.next' ? 1 : form.pending?.verb === 'form.back' ? -1 : 0;
  return pages[pages.findIndex(({ name }) => name === form.page) + step]?.name ?? form.page;
}

function slowCard(form: Form, canGoBack: boolean, rest: { readonly unread: Refusal | null }): AdaptiveCard {
  const coming = { ...form, page: comingPage(form) };
  const words = rest.unread === null ? null : refusalWords(rest.unread);
  const looking = [
    grey(plain('This page updates automatically. Your entries are saved.')),
    grey(plain('If nothing happens after 3 minutes, select Try again.')),
  ];
  return renderCard('form-slow', {
    ...formHeaderOf(coming, null),
    fallbackText: label('Azure takes longer than usual. What you filled in is kept.'),
    title: plain<string>(
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

/** Azure was called, and the page follows automatically. */
export const formWaitingCard = (form: Form, canGoBack: boolean): AdaptiveCard =>
  slowCard(form, canGoBack, { unread: null });

/** Azure failed after the person stopped waiting. */
export const formUnreadCard = (form: Form, unread: Refusal, canGoBack: boolean): AdaptiveCard =>
  slowCard(form, canGoBack, { unread });
