/**
 * Step-up authentication for approvals, with the protocol of Universal Actions.
 * The bot answers a click with a login request. The client repeats the click with a token, or the person signs in on a
 * page and clicks again. Shapes: Microsoft, "Enable SSO for Adaptive Cards Universal Actions" and "Add third party
 * authentication to Adaptive Cards Universal Actions".
 */

import type { InvokeResponse } from 'botbuilder';
import type { SignIn } from '../../domain/policy/sign-in.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { tokenRefused } from '../../text/pages.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { CardInputs } from '../cards/with-inputs.ts';
import { loginAnswer, messageAnswer, preconditionAnswer } from '../invoke-answers.ts';
import { browserCookie } from './browser-cookie.ts';
import { type ClickedCard, openPendingSignIns, type Purpose } from './pending.ts';
import type { SecretDocumentTools } from './secret-documents.ts';
import { type PageTools, signInPages, startPath } from './sign-in-pages.ts';
import { verifyToken } from './verify-token.ts';

type StepUpOptions = Omit<PageTools, 'pending' | 'cookie'> & SecretDocumentTools;

/** The click that a sign-in interrupts: the card, null if unknown, and what the person entered there. */
export interface ClickToRepeat {
  readonly at: ClickedCard | null;
  readonly inputs: CardInputs;
}

type Presented =
  | { readonly kind: 'presented'; readonly signIn: SignIn | null }
  | { readonly kind: 'answer'; readonly answer: InvokeResponse };

export type StepUpSignIn = ReturnType<typeof openStepUp>;

const samePurpose = (a: Purpose, b: Purpose): boolean =>
  a.person === b.person && a.requestId === b.requestId && a.asking === b.asking;

export function openStepUp(options: StepUpOptions) {
  const { app, authority, random, now, log } = options;
  const pending = openPendingSignIns(options);
  const cookie = browserCookie(app.publicUrl, random);

  async function ofToken(token: string, { requestId, person }: Purpose): Promise<Presented> {
    const verified = await verifyToken(authority, app.appId, token, { how: 'teams' }, now());
    if (verified.kind === 'verified') return { kind: 'presented', signIn: verified.signIn };
    log.info({ requestId, person, why: verified.why }, 'the sign-in token of a click was invalid');
    const answer =
      verified.kind === 'unreachable'
        ? messageAnswer(refusalText(refuse('sign-in-unverifiable')))
        : preconditionAnswer(tokenRefused);
    return { kind: 'answer', answer };
  }

  return {
    pages: signInPages({ ...options, pending, cookie }),
    /** Returns the sign-in that the client sent or that was proved in a browser; or an answer that ends the click. */
    async presented(
      purpose: Purpose,
      authentication: { readonly id: string; readonly token: string } | undefined,
    ): Promise<Presented> {
      // A token answers one login request: it must carry the ID of the one that this person got, once.
      const asked = authentication === undefined ? null : await pending.takeAsked(authentication.id);
      if (authentication !== undefined && asked !== null && samePurpose(asked, purpose)) {
        return ofToken(authentication.token, purpose);
      }
      return { kind: 'presented', signIn: (await pending.proved(purpose))?.signIn ?? null };
    },
    /** Returns the login request, if the refusal requires a sign-in; otherwise null. */
    async question(purpose: Purpose, refusal: Refusal, { at, inputs }: ClickToRepeat): Promise<InvokeResponse | null> {
      const again = refusal.code === 'sign-in-too-old' || refusal.code === 'sign-in-too-weak';
      if (!again && refusal.code !== 'sign-in-needed') return null;
      const id = await pending.ask({ purpose, inputs, ...(at === null ? {} : { at }) });
      const url = `${app.publicUrl}${startPath}?ask=${id}`;
      // The client's token wasn't sufficient. It would send the same again, so only the button is offered.
      const exchange = again ? null : { id, uri: `api://botid-${app.appId}` };
      return loginAnswer(refusalText(refusal), url, exchange);
    },
    entered: async (purpose: Purpose): Promise<CardInputs> => (await pending.proved(purpose))?.inputs ?? {},
    settle: pending.spend,
  };
}
