/** Answers to invokes, in the shapes Teams takes them (Microsoft's documentation of Universal Actions). */
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

/** The click was not one of ours: what is wrong with it. */
export const badRequestAnswer = (message: string): InvokeResponse => ({
  status: 400,
  body: { statusCode: 400, type: 'application/vnd.microsoft.error', value: { code: 'BadRequest', message } },
});

/** No button sends this verb, so nothing handles it. */
export const unknownVerbAnswer = (verb: string): InvokeResponse => badRequestAnswer(`Nothing is done by ${verb}.`);

/** Choices for an input with typeahead. */
export const choicesAnswer = (
  results: readonly { readonly title: string; readonly value: string }[],
): InvokeResponse => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.search.searchResponse', value: { results } },
});

/** The client ignores a login request without one. The Bot Framework's token service, whose name it would be, is not used. */
const connectionName = 'cmk-step-up';

/** Asks the client for a token, silently where there is something to exchange, else with a button that opens the page. */
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

/** The token that came with the click is of no use: the client shows the button of the login request. */
export const preconditionAnswer = (message: string): InvokeResponse => ({
  status: 200,
  body: {
    statusCode: 412,
    type: 'application/vnd.microsoft.error.preconditionFailed',
    value: { code: '412', message },
  },
});
