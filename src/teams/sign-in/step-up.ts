/**
 * Step-up authentication for approvals, with the protocol of Universal Actions.
 * The bot answers a click with a login request. The client repeats the click with a token, or the person signs in on a
 * page and clicks again. Shapes: Microsoft, "Enable SSO for Adaptive Cards Universal Actions" and "Add third party
 * authentication to Adaptive Cards Universal Actions".
 */

import type { InvokeResponse } from 'botbuilder';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  calculatePKCECodeChallenge,
} from 'openid-client';
import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import { type SignIn, type StepUp, signInRefusal } from '../../domain/policy/sign-in.ts';
import type { Requests } from '../../domain/ports/store.ts';
import { type Refusal, type RefusalCode, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { workOf } from '../../operations/registry.ts';
import { signInWords, tokenRefused } from '../../text/pages.ts';
import { refusalWords } from '../../text/refusals.ts';
import { label } from '../cards/plain-text.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { CardInputs } from '../cards/with-inputs.ts';
import { loginAnswer, messageAnswer, preconditionAnswer } from '../invoke-answers.ts';
import { type Authority, AuthorityUnreachable, unreachable } from './authority.ts';
import { type PageAnswer, page } from './html.ts';
import {
  type Ask,
  type BrowserCookie,
  browserCookie,
  type ClickedCard,
  openPendingSignIns,
  type PendingSignIns,
  type Purpose,
} from './pending.ts';
import type { SecretDocumentTools } from './secret-documents.ts';
import { type VerifiedToken, verifyToken } from './verify-token.ts';

// Sign-in in a browser: a page with its purpose, then Entra ID's page, then a page with the result.

// Authorization code flow with PKCE (RFC 7636) at the tenant's authority. openid-client implements it and checks
// state, `iss`, nonce, audience, times and algorithm. This file builds the request; verify-token.ts checks the ID
// token's signature and Entra ID's own claims.

interface SignInApp {
  readonly appId: string;
  readonly appSecret: string;
  /** The bot's address for browsers, without a trailing slash. */
  readonly publicUrl: string;
}

export interface FlowTools {
  readonly app: SignInApp;
  readonly authority: Authority;
}

interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/**
 * An ID token, or why there is none.
 * `why` is the bot's own text. `said` came from outside and could be written by anyone: it is for the log, never for a
 * page.
 */
type Redeemed =
  | { readonly kind: 'redeemed'; readonly idToken: string }
  | { readonly kind: 'refused'; readonly why: string; readonly said: string | null };

export const donePath = '/sign-in/done';
const scope = 'openid profile';

/**
 * Returns the address of the sign-in page.
 * The context is requested as in Microsoft's "Conditional Access authentication context" guide, the time as in OpenID
 * Connect Core 5.5. `prompt=login`, because an existing session proves nothing.
 */
export async function authorizeUrl(
  { app, authority }: FlowTools,
  context: string,
  { state, nonce, verifier }: FlowSecrets,
): Promise<string> {
  const acrs = { essential: true, value: context };
  const asked = {
    response_mode: 'query',
    redirect_uri: `${app.publicUrl}${donePath}`,
    scope,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'login',
    claims: JSON.stringify({ id_token: { acrs, auth_time: { essential: true } } }),
  };
  return buildAuthorizationUrl(await authority.client(app), asked).href;
}

/** Redeems the code from the browser's redirect. Throws AuthorityUnreachable. */
export async function redeem(
  { app, authority }: FlowTools,
  query: URLSearchParams,
  { state, nonce, verifier }: FlowSecrets,
): Promise<Redeemed> {
  if (!query.has('code') && !query.has('error')) return notRedeemed(signInWords.missing.code);
  const client = await authority.client(app);
  const back = new URL(`${app.publicUrl}${donePath}?${query}`);
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
  try {
    const { id_token: idToken } = await authorizationCodeGrant(client, back, checks, { scope });
    return idToken === undefined ? notRedeemed(signInWords.missing.idToken) : { kind: 'redeemed', idToken };
  } catch (error) {
    return outcomeOf(error, client.serverMetadata().token_endpoint ?? '');
  }
}

const notRedeemed = (why: string, said: string | null = null): Redeemed => ({
  kind: 'refused',
  why: why.slice(0, 300),
  said,
});

const refusedBy = ({ error, error_description: description }: z.infer<typeof Refused>): Redeemed =>
  notRedeemed(signInWords.error(error), label(`${error}: ${description ?? ''}`));

const Refused = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

async function outcomeOf(error: unknown, tokenEndpoint: string): Promise<Redeemed> {
  if (error instanceof AuthorizationResponseError) return refusedBy(error);
  const cause = error instanceof Error ? error.cause : undefined;
  // The library parses the error of a 4xx and sets it as cause; Entra ID has one for a 5xx too.
  const said = cause instanceof Response ? await cause.json().catch(() => null) : cause;
  const words = Refused.safeParse(said).data;
  if (words !== undefined) return refusedBy(words);
  if (cause instanceof AuthorityUnreachable || cause instanceof Response) throw unreachable(tokenEndpoint, error);
  if (!(error instanceof ClientError) || error.code === undefined) throw error;
  // Names the invalid claim or parameter, never its value.
  return notRedeemed(cause instanceof Error ? cause.message : error.message);
}

interface PageTools extends FlowTools {
  readonly stepUp: StepUp;
  readonly pending: PendingSignIns;
  readonly cookie: BrowserCookie;
  readonly requests: Requests;
  readonly directory: Directory;
  /** Sends the card again with the inputs, because clients end the login request of a card that is updated. */
  readonly redraw: (id: RequestId, at: ClickedCard, inputs: CardInputs) => Promise<void>;
  readonly random: (size: number) => Uint8Array;
  readonly now: () => Date;
  /** Called for each sign-in that isn't enough to approve. */
  readonly onRefused: (code: RefusalCode) => void;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export interface BrowserPage {
  readonly path: string;
  readonly parameter: 'ask' | 'state';
  isKnown(name: string): Promise<boolean>;
  readonly unknown: PageAnswer;
  show(query: URLSearchParams, cookies: string | undefined): Promise<PageAnswer>;
}

export const startPath = '/sign-in/start';

const ended = page({ status: 410, tone: 'bad', ...signInWords.ended });

const unavailable = page({ status: 503, tone: 'bad', ...signInWords.unavailable });

const refused = (text: ReturnType<typeof signInWords.refused>): PageAnswer =>
  page({ status: 403, tone: 'bad', ...text });

const signInPages = (tools: PageTools): readonly BrowserPage[] =>
  [
    { path: startPath, parameter: 'ask', isKnown: tools.pending.isAsked, show: start } as const,
    { path: donePath, parameter: 'state', isKnown: tools.pending.isStarted, show: done } as const,
  ].map(({ show, ...page }) => ({
    ...page,
    unknown: ended,
    async show(query, cookies) {
      try {
        return await show(tools, query, cookies);
      } catch (error) {
        if (!(error instanceof AuthorityUnreachable)) throw error;
        tools.log.warn({ why: error.message }, 'a sign-in failed: Microsoft Entra ID did not answer');
        return unavailable;
      }
    },
  }));

async function start(tools: PageTools, query: URLSearchParams, cookies: string | undefined): Promise<PageAnswer> {
  const asked = await tools.pending.asked(query.get('ask') ?? '');
  const request = asked === null ? null : await tools.requests.load(asked.purpose.requestId);
  if (asked === null || request?.state !== 'awaiting-approval' || request.asking !== asked.purpose.asking) return ended;
  // Checks the authority before anything is stored.
  await tools.authority.metadata();
  const { browser, header } = tools.cookie.keep(cookies);
  const nonce = secret(tools);
  const verifier = secret(tools);
  const state = await tools.pending.start({ ...asked, nonce, verifier, browser });
  const url = await authorizeUrl(tools, tools.stepUp.context, { state, nonce, verifier });
  return page(await startWords(tools, request, url), { 'set-cookie': header });
}

const secret = ({ random }: PageTools): string => Buffer.from(random(32)).toString('base64url');

async function startWords({ directory }: PageTools, request: Request, url: string) {
  const names = await directory.names([request.requester]);
  return {
    status: 200,
    tone: 'ask',
    ...signInWords.ask(request.id),
    facts: [
      ['Resource', request.resourceName],
      ['New key', `${workOf(request.plan).to.keyName} in ${request.plan.observation.vault.name}`],
      ['Requester', names(request.requester)],
    ],
    button: { title: 'Sign in', url },
  } as const;
}

async function done(tools: PageTools, query: URLSearchParams, cookies: string | undefined): Promise<PageAnswer> {
  const state = query.get('state') ?? '';
  const started = await tools.pending.takeStarted(state);
  if (started === null) return ended;
  const { requestId, person } = started.purpose;
  if (!tools.cookie.isSame(cookies, started.browser)) {
    tools.log.warn({ requestId, person }, 'a sign-in was completed in another browser than it started in');
    return refused(signInWords.elsewhere);
  }
  const outcome = await signInOf(tools, query, { ...started, state });
  if (outcome.kind === 'unreachable') throw new AuthorityUnreachable(outcome.why);
  if (outcome.kind === 'invalid') {
    tools.log.info({ requestId, person, why: outcome.why }, 'a sign-in was invalid');
    return refused(signInWords.failed(outcome.why));
  }
  return judged(tools, started, outcome.signIn);
}

async function signInOf(tools: PageTools, query: URLSearchParams, secrets: FlowSecrets): Promise<VerifiedToken> {
  const redeemed = await redeem(tools, query, secrets);
  if (redeemed.kind === 'refused') {
    if (redeemed.said !== null) tools.log.warn({ said: redeemed.said }, 'a sign-in was refused by Microsoft Entra ID');
    return { kind: 'invalid', why: redeemed.why };
  }
  const wanted = { how: 'browser', nonce: secrets.nonce } as const;
  return verifyToken(tools.authority, tools.app.appId, redeemed.idToken, wanted, tools.now());
}

const redrawFailed = 'a card could not be updated after a sign-in';

/** Stores only a sufficient sign-in. Otherwise the person learns here why, where they can fix it. */
async function judged(tools: PageTools, { purpose, at, inputs }: Ask, signIn: SignIn): Promise<PageAnswer> {
  const { requestId, person } = purpose;
  const who = { person, tenantId: tools.authority.tenantId };
  const refusal = signInRefusal(tools.stepUp, who, signIn, tools.now());
  if (refusal !== null) {
    tools.log.warn({ requestId, person, signedIn: signIn.person, code: refusal.code }, 'a sign-in was not sufficient');
    tools.onRefused(refusal.code);
    const { title, text } = refusalWords(refusal);
    return refused(refusal.code === 'sign-in-too-weak' ? signInWords.weak : signInWords.refused(title, text));
  }
  await tools.pending.prove(purpose, { signIn, inputs });
  tools.log.info({ requestId, person }, 'a sign-in was verified');
  if (at !== undefined)
    await tools.redraw(requestId, at, inputs).catch((err: unknown) => tools.log.warn({ err, requestId }, redrawFailed));
  return page({
    status: 200,
    tone: 'good',
    ...signInWords.done,
    facts: [['Request', requestId]],
  });
}

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
