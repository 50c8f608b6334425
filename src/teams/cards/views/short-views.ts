/** Refusals and other short cards. */

import type { Refusal } from '../../../domain/request/refusal.ts';
import type { TypedCommand } from '../../../operations/commands/command.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { bold, label, md, message, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { badge } from './state-line.ts';

/** What a button says for the person: a command as it would be typed. */
export interface Offer {
  readonly text: string;
  readonly weight: TypedCommand['weight'];
}

const yesWords: Readonly<Record<TypedCommand['weight'], string>> = {
  form: 'Yes, start',
  list: 'Yes, show',
  light: 'Yes',
};

const offered = (offer: Offer | null) => ({
  meant: label(offer?.text ?? ''),
  button: label(offer === null ? '' : yesWords[offer.weight]),
});

/** A refused command, and what may have been meant. */
export function refusalCard(refusal: Refusal, offer: Offer | null = null): AdaptiveCard {
  const words = refusalWords(refusal);
  return renderCard('refusal', {
    fallbackText: label(`${words.title} ${words.text}`),
    stateLine: plain('Not done'),
    stateColor: badge.check.color,
    stateIcon: badge.check.icon,
    requestId: refusal.fact.startsWith('CMK-') ? refusal.fact : '',
    title: plain(words.title),
    text: plain(words.text),
    note: words.unchanged === true ? nothing : plain('Nothing was changed.'),
    ...offered(offer),
    help: false,
  });
}

/** What was typed is no command, and one is near: `meant` is all that would have to be typed. */
export function typoCard(wrote: string, meant: string, offer: Offer | null): AdaptiveCard {
  return renderCard('refusal', {
    fallbackText: label(`There is no ${wrote}. Did you mean ${meant}?`),
    stateLine: plain('Not a command'),
    stateColor: badge.check.color,
    stateIcon: badge.check.icon,
    requestId: '',
    title: plain<string>(`There is no ${wrote.slice(0, 40)}.`),
    text: md`Did you mean ${bold(meant)}?`,
    note: nothing,
    ...offered(offer),
    help: true,
  });
}

/** The words of a refused click: a message that only the clicker sees. */
export const refusalText = (refusal: Refusal): string => {
  const words = refusalWords(refusal);
  return message(`${words.title} ${words.text}`);
};

/** The question once more, with what is missing right above the checkbox: on a phone a message stands out of sight. */
export function withMissingTick(card: AdaptiveCard, refusal: Refusal): AdaptiveCard {
  const words = refusalWords(refusal);
  const text = md`${bold(words.title)} ${plain(words.text)}`;
  const note = { type: 'TextBlock', text, wrap: true, color: 'Attention', spacing: 'Default' };
  const body = card.body.flatMap((element) => (element.id === 'acknowledgeIrreversible' ? [note, element] : [element]));
  return { ...card, body };
}

/** A bug, with the id under which the log has it. */
export const bugText = (id: string): string =>
  `Something unexpected happened. An operator finds it in the log under ${id}. Look at the card before you click again.`;

/** The database is away or takes nothing: what was asked for may have been stored a moment before. */
export const notStoringText = (id: string): string =>
  `The bot cannot store anything at the moment, so it changes nothing in Azure. Look at the card in a few minutes, and click again if nothing came of it. An operator finds it in the log under ${id}.`;

export const notStoringCard = (id: string): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label(notStoringText(id)),
    title: plain('The bot cannot store anything at the moment'),
    titleColor: 'Attention',
    text: plain(
      'So it changes nothing in Azure. Type the command again in a few minutes. An operator finds it in the log under this id.',
    ),
    reference: plain(id),
  });

export const bugCard = (id: string): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label(bugText(id)),
    title: plain('Something unexpected happened.'),
    titleColor: 'Attention',
    text: plain('An operator finds it in the log under this id. Type the command again.'),
    reference: plain(id),
  });

/** In place of an answer that Azure is too slow for. */
export const lookingCard = (): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label('Azure takes longer than usual. The answer comes by itself.'),
    title: plain('Azure takes longer than usual'),
    titleColor: 'Default',
    text: plain(
      'The answer takes the place of this card by itself. Should it stand here for more than three minutes, type the command again.',
    ),
    reference: nothing,
  });
