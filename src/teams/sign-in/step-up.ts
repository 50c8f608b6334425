/**
 * Signing in anew for an approval, in the protocol of Universal Actions: a click is answered with a login request, the
 * client sends the same click again with a token, or the person signs in on a page and clicks again. Shapes: Microsoft,
 * "Enable SSO for Adaptive Cards Universal Actions" and "Add third party authentication to Adaptive Cards Universal Actions".
 */
import type { InvokeResponse } from 'botbuilder';
import type { SignIn, StepUp } from '../../domain/policy/sign-in.ts';
import type { Requests } from '../../domain/ports/store.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Directory } from '../cards/directory.ts';
import { refusalText } from '../cards/views/short-views.ts';
import { loginAnswer, messageAnswer, preconditionAnswer } from '../invoke-answers.ts';
import type { Authority } from './authority.ts';
import { browserCookie } from './browser-cookie.ts';
import { type BrowserPage, type PageTools, signInPages, startPath } from './pages.ts';
import { openPendingSignIns, type Purpose } from './pending.ts';
import { verifyToken } from './verify-token.ts';

export interface StepUpOptions extends Pick<PageTools, 'app' | 'random' | 'now' | 'log' | 'authority'> {
  readonly stepUp: StepUp;
  readonly documents: Parameters<typeof openPendingSignIns>[0]['documents'];
  readonly requests: Requests;
  readonly directory: Directory;
}

/** What a client sends beside the click once it was asked to sign in. */
export interface Authentication {
  readonly id: string;
  readonly token: string;
}

export type Presented =
  | { readonly kind: 'presented'; readonly signIn: SignIn | null }
  | { readonly kind: 'answer'; readonly answer: InvokeResponse };

export interface StepUpSignIn {
  readonly pages: readonly BrowserPage[];
  /** The sign-in that comes with an approval or was proved for it in a browser; or what ends the click here. */
  presented(purpose: Purpose, authentication: Authentication | undefined): Promise<Presented>;
  /** The question for a sign-in, where that is what a refusal wants; else null. */
  question(purpose: Purpose, refusal: Refusal): Promise<InvokeResponse | null>;
  /** The approval is stored: what was proved for it is forgotten. */
  settle(purpose: Purpose): Promise<void>;
}

const samePurpose = (a: Purpose, b: Purpose): boolean =>
  a.person === b.person && a.requestId === b.requestId && a.asking === b.asking;

export function openStepUp(options: StepUpOptions): StepUpSignIn {
  const { app, documents, random, now, log } = options;
  const authority: Authority = options.authority;
  const pending = openPendingSignIns({ documents, random, now });
  const cookie = browserCookie(app.publicUrl, random);

  async function ofToken(token: string, { requestId, person }: Purpose): Promise<Presented> {
    const verified = await verifyToken(authority, app.appId, token, { how: 'teams' }, now());
    if (verified.kind === 'verified') return { kind: 'presented', signIn: verified.signIn };
    log.info({ requestId, person, why: verified.why }, 'the token of a click proved nothing');
    const answer =
      verified.kind === 'unreachable'
        ? messageAnswer(refusalText(refuse('sign-in-unverifiable')))
        : preconditionAnswer('What Teams sent proves no sign-in. Sign in with the button.');
    return { kind: 'answer', answer };
  }

  return {
    pages: signInPages({ ...options, pending, cookie }),
    async presented(purpose, authentication) {
      // A token answers one question: it comes with the name of the one that was put to this person, here, once.
      const asked = authentication === undefined ? null : await pending.takeAsked(authentication.id);
      if (authentication !== undefined && asked !== null && samePurpose(asked, purpose)) {
        return ofToken(authentication.token, purpose);
      }
      return { kind: 'presented', signIn: await pending.proved(purpose) };
    },
    async question(purpose, refusal) {
      const again = refusal.code === 'sign-in-too-old' || refusal.code === 'sign-in-too-weak';
      if (!again && refusal.code !== 'sign-in-needed') return null;
      const id = await pending.ask(purpose);
      const url = `${app.publicUrl}${startPath}?ask=${id}`;
      // What the client has is not enough: asked for the same again, it would send the same again.
      const exchange = again ? null : { id, uri: `api://botid-${app.appId}` };
      return loginAnswer(refusalText(refusal), url, exchange);
    },
    settle: (purpose) => pending.spend(purpose),
  };
}
