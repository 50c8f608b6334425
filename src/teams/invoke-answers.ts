/** Answers to invokes, in the shapes Teams takes them (Microsoft's documentation of Universal Actions). */
import type { InvokeResponse } from 'botbuilder';
import type { AdaptiveCard } from './render-card.ts';

/** Replaces the card for the person who clicked. */
export const cardAnswer = (card: AdaptiveCard): InvokeResponse => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card },
});

/** Shows a message to the person who clicked; the card stays. */
export const messageAnswer = (text: string): InvokeResponse => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text },
});

/** The click was not one of ours: what is wrong with it. */
export const badRequestAnswer = (message: string): InvokeResponse => ({
  status: 400,
  body: { statusCode: 400, type: 'application/vnd.microsoft.error', value: { code: 'BadRequest', message } },
});

/** Choices for an input with typeahead. */
export const choicesAnswer = (
  results: readonly { readonly title: string; readonly value: string }[],
): InvokeResponse => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.search.searchResponse', value: { results } },
});
