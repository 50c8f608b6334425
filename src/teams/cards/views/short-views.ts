/** Refusals and other short cards. */

import type { Refusal } from '../../../domain/request/refusal.ts';
import type { TypedCommand } from '../../../operations/commands/command.ts';
import { refusalWords } from '../../../text/refusals.ts';
import { bold, type CardText, label, md, message, nothing, plain, sentences } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { type CardInputs, withInputs } from '../with-inputs.ts';
import { badge } from './state-line.ts';

/** `more`: by default neither a colour nor a reference, and the title for clients without cards. */
export const messageCard = (
  title: string,
  text: CardText,
  { color = 'Default', reference = '', fallback = title }: MessageOptions = {},
): AdaptiveCard =>
  renderCard('message', {
    fallbackText: label(fallback),
    title: plain(title),
    titleColor: color,
    text,
    reference: plain(reference),
  });

interface MessageOptions {
  readonly color?: 'Attention' | 'Default';
  readonly reference?: string;
  readonly fallback?: string;
}

/** A command that a button sends for the person. */
export interface Offer {
  readonly text: string;
  readonly weight: TypedCommand['weight'];
}

const yesWords: Readonly<Record<TypedCommand['weight'], string>> = {
  form: 'Yes, start',
  list: 'Yes, show',
  light: 'Yes',
};

const notDone = (stateLine: string, offer: Offer | null) => ({
  stateLine: plain(stateLine),
  stateColor: badge.check.color,
  stateIcon: badge.check.icon,
  meant: label(offer?.text ?? ''),
  button: label(offer === null ? '' : yesWords[offer.weight]),
});

export function refusalCard(refusal: Refusal, offer: Offer | null = null): AdaptiveCard {
  const words = refusalWords(refusal);
  return renderCard('refusal', {
    fallbackText: label(`${words.title} ${words.text}`),
    ...notDone('Not done', offer),
    requestId: refusal.fact.startsWith('CMK-') ? refusal.fact : '',
    title: plain(words.title),
    text: sentences(words.text),
    note: words.unchanged === true ? nothing : plain('Nothing was changed.'),
    help: false,
  });
}

/** An unknown command that is similar to another. `meant`: the complete suggestion. */
export function typoCard(wrote: string, meant: string, offer: Offer | null): AdaptiveCard {
  return renderCard('refusal', {
    fallbackText: label(`${wrote} isn’t a command. Did you mean ${meant}?`),
    ...notDone('Not a command', offer),
    requestId: '',
    title: plain(`“${wrote.slice(0, 40)}” isn’t a command.`),
    text: md`Did you mean ${bold(meant)}?`,
    note: nothing,
    help: true,
  });
}

/** The text of a refused click: a message that only that person sees. */
export const refusalText = (refusal: Refusal): string => {
  const words = refusalWords(refusal);
  return message(`${words.title} ${words.text}`);
};

/**
 * The card again with what the person entered. The problem is directly above the checkbox, because on a phone the
 * message is out of sight.
 */
export function withMissingTick(card: AdaptiveCard, refusal: Refusal, inputs: CardInputs): AdaptiveCard {
  const words = refusalWords(refusal);
  const text = md`${bold(words.title)} ${sentences(words.text)}`;
  const note = { type: 'TextBlock', text, wrap: true, color: 'Attention', spacing: 'Default' };
  const body = card.body.flatMap((element) => (element.id === 'acknowledgeIrreversible' ? [note, element] : [element]));
  return withInputs({ ...card, body }, inputs);
}

/** An unexpected error, with its ID in the application log. */
export const bugText = (id: string): string =>
  `Something unexpected happened. Check the card before you try again. For an operator: the application log has it under ${id}.`;

/** The database is away or read-only. The click might have been stored just before. */
export const notStoringText = (id: string): string =>
  `The bot can’t save anything at the moment, so it changes nothing in Azure. Check the card in a few minutes, and try again if nothing happened. For an operator: the application log has it under ${id}.`;

export const notStoringCard = (id: string): AdaptiveCard =>
  messageCard(
    'The bot can’t save anything at the moment',
    plain(
      'So it changes nothing in Azure. Type the command again in a few minutes. The application log has it under this ID.',
    ),
    { color: 'Attention', reference: id, fallback: notStoringText(id) },
  );

export const bugCard = (id: string): AdaptiveCard =>
  messageCard(
    'Something unexpected happened.',
    plain('Type the command again. The application log has it under this ID.'),
    { color: 'Attention', reference: id, fallback: bugText(id) },
  );

/** A placeholder while Azure is slow. */
export const lookingCard = (): AdaptiveCard =>
  messageCard(
    'Azure takes longer than usual',
    plain('The answer replaces this card automatically. If nothing happens after 3 minutes, type the command again.'),
    { fallback: 'Azure takes longer than usual. The answer appears automatically.' },
  );
