/** Answers to invokes, in the shapes that Teams accepts (Microsoft's documentation of Universal Actions). */
import type { InvokeResponse } from 'botbuilder';
import type { AdaptiveCard } from './cards/render-card.ts';

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

/** Refuses an invalid click, with the reason. */
export const badRequestAnswer = (message: string): InvokeResponse => ({
  status: 400,
  body: { statusCode: 400, type: 'application/vnd.microsoft.error', value: { code: 'BadRequest', message } },
});

/** No button sends this verb, so it has no handler. */
export const unknownVerbAnswer = (verb: string): InvokeResponse => badRequestAnswer(`Nothing is done by ${verb}.`);

/** Choices for an input with typeahead. */
export const choicesAnswer = (
  results: readonly { readonly title: string; readonly value: string }[],
): InvokeResponse => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.search.searchResponse', value: { results } },
});

/**
 * Required by the client for a login request. It names no real connection: the Bot Framework's token service isn't
 * used.
 */
const connectionName = 'cmk-step-up';

/** Asks the client for a token: silently if an exchange is possible, otherwise with a button that opens the page. */
export const loginAnswer = (
  text: string,
  signInUrl: string,
  exchange: { readonly id: string; readonly uri: string } | null,
): InvokeResponse => ({
  status: 200,
  body: {
    statusCode: 401,
    type: 'application/vnd.microsoft.activity.loginRequest',
    value: {
      text,
      connectionName,
      ...(exchange === null ? {} : { tokenExchangeResource: exchange }),
      buttons: [{ title: 'Sign in', text: 'Sign in', type: 'signin', value: signInUrl }],
    },
  },
});

/** Rejects the token of a click: the client shows the button of the login request. */
export const preconditionAnswer = (message: string): InvokeResponse => ({
  status: 200,
  body: {
    statusCode: 412,
    type: 'application/vnd.microsoft.error.preconditionFailed',
    value: { code: '412', message },
  },
});
