/** Sign-in in a browser: a page with its purpose, then Entra ID's page, then a page with the result. */

import type { RequestId } from '../../domain/ids.ts';
import { type SignIn, type StepUp, signInRefusal } from '../../domain/policy/sign-in.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { RefusalCode } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { workOf } from '../../operations/registry.ts';
import { signInWords } from '../../text/pages.ts';
import { refusalWords } from '../../text/refusals.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import type { CardInputs } from '../cards/with-inputs.ts';
import { AuthorityUnreachable } from './authority.ts';
import type { BrowserCookie } from './browser-cookie.ts';
import { authorizeUrl, donePath, type FlowSecrets, type FlowTools, redeem } from './code-flow.ts';
import { type PageAnswer, page } from './html.ts';
import type { Ask, ClickedCard, PendingSignIns } from './pending.ts';
import { type VerifiedToken, verifyToken } from './verify-token.ts';

export interface PageTools extends FlowTools {
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

export const signInPages = (tools: PageTools): readonly BrowserPage[] =>
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
