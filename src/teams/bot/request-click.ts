/** A click on a request's card: reads it, checks for step-up authentication, performs it, and returns the new card. */

import type { InvokeResponse } from 'botbuilder';
import { type PersonId, RequestId } from '../../domain/ids.ts';
import { isRefusal, type Refusal, type RefusalCode, refuse } from '../../domain/request/refusal.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { Action, ActionPorts, ActionResult, ClickedCall } from '../../operations/actions/action.ts';
import { approve } from '../../operations/actions/approve.ts';
import { findRequest } from '../../operations/find-request.ts';
import { evidenceWords } from '../../text/pages.ts';
import { everybody, hasViews, isOperated, type Reader } from '../cards/views/reader.ts';
import { withDownload } from '../cards/views/request-card.ts';
import { refusalText, withMissingTick } from '../cards/views/short-views.ts';
import { type CardInputs, withInputs } from '../cards/with-inputs.ts';
import type { Posted } from '../delivery/chat.ts';
import type { ViewedCard } from '../delivery/request-cards.ts';
import { cardAnswer, messageAnswer } from '../invoke-answers.ts';
import type { Purpose } from '../sign-in/pending.ts';
import type { ClickToRepeat, StepUpSignIn } from '../sign-in/step-up.ts';
import type { CardClick, KnownSender } from './activity.ts';
import type { BotApp } from './app.ts';

type RequestClickApp = ActionPorts & Pick<BotApp, 'requestCards' | 'later' | 'stepUpSignIn' | 'log'>;

/** Reads the request and its revision on the card. Null: the click names no request. */
function readClick({ data }: CardClick['action']):
  | (Pick<ClickedCall, 'requestId' | 'asking'> & {
      readonly inputs: Omit<ClickedCall['inputs'], 'zone'>;
    })
  | null {
  const requestId = RequestId.safeParse(data.requestId).data;
  if (requestId === undefined) return null;
  const text = (name: string): string => (typeof data[name] === 'string' ? String(data[name]) : '');
  const inputs = {
    acknowledgeIrreversible: text('acknowledgeIrreversible'),
    // Reject and End request have an input of their own.
    comment: text('reason').trim() === '' ? text('comment') : text('reason'),
    startDay: text('startDay'),
    startTime: text('startTime'),
  };
  return { requestId, asking: data.revision ?? -1, inputs };
}

export async function answerRequestClick(
  app: RequestClickApp,
  action: Action,
  sender: KnownSender,
  { at, click }: { readonly at: Posted | null; readonly click: CardClick },
): Promise<InvokeResponse> {
  const clicked = readClick(click.action);
  if (clicked === null) {
    return messageAnswer(
      refusalText(refuse('unknown-request', String(click.action.data.requestId ?? '').slice(0, 20))),
    );
  }
  const { requestId, asking } = clicked;
  const { person, actor, zone } = sender;
  const inputs = { ...clicked.inputs, zone };
  // Only an approval requires a sign-in: stopping a change must never wait for one.
  const stepUp = action === approve ? app.stepUpSignIn : null;
  const purpose = { person, requestId, asking };
  const presented = await stepUp?.presented(purpose, click.authentication);
  if (presented?.kind === 'answer') return presented.answer;
  const signIn = presented?.signIn ?? null;
  const result = await action.handle({ by: person, actor, requestId, asking, inputs, signIn }, app);
  if (result.kind === 'refused') {
    await app.requestCards.registerCopy(requestId, at);
    // The checkbox must be selected again.
    const { acknowledgeIrreversible: _, zone: __, ...entered } = inputs;
    return answerRefused(app, result, { purpose, stepUp, at, inputs: entered });
  }
  await stepUp?.settle(purpose);
  const late = lateCode(result);
  if (late !== null) {
    await app.requestCards.registerCopy(requestId, at);
    return refusalAnswer(refuse(late), requestId);
  }
  const reader = await ownReader(app, result.request, person);
  const viewed = { at, reader, automatic: click.trigger === 'automatic' };
  const entered = await enteredBefore(app, result.request, person);
  return answerWithCard(app, result.request, { ...viewed, inputs: entered });
}

/** A refused click, with what an answer needs to repeat the question. `stepUp`: null if the click needs no sign-in. */
interface RefusedClick extends ClickToRepeat {
  readonly purpose: Purpose;
  readonly stepUp: StepUpSignIn | null;
}

async function answerRefused(
  app: RequestClickApp,
  refusal: Refusal,
  { purpose, stepUp, at, inputs }: RefusedClick,
): Promise<InvokeResponse> {
  const question = await stepUp?.question(purpose, refusal, { at, inputs });
  if (question != null) return question;
  const missing = await missingTick(app, refusal, { ...purpose, at, inputs });
  if (missing !== null) return missing;
  const { requestId, person } = purpose;
  app.log.info({ requestId, person, code: refusal.code }, 'a decision was refused');
  return refusalAnswer(refusal, requestId);
}

/** Returns what the person entered before a sign-in in a browser, if the request still waits for that approval. */
async function enteredBefore(
  { stepUpSignIn: stepUp }: RequestClickApp,
  { id, state, asking }: Request,
  person: PersonId,
): Promise<CardInputs> {
  if (stepUp === null || state !== 'awaiting-approval') return {};
  return stepUp.entered({ person, requestId: id, asking });
}

/**
 * Answers a click with the request's card.
 * A later change might be shown before this answer arrives, and then the older card would replace the newer. So the
 * card is checked once more.
 */
export async function answerWithCard(
  { requestCards, later }: Pick<BotApp, 'requestCards' | 'later'>,
  request: Request,
  { inputs = {}, ...viewed }: ViewedCard & { readonly inputs?: CardInputs },
): Promise<InvokeResponse> {
  const { card, isUnknown } = await requestCards.cardFor(request, viewed);
  const { at } = viewed;
  if (at !== null) later.follow(at, () => requestCards.latestCard(request, at));
  // Another process that just posted the card has stored it by then. If not, its answer was lost, and this is a copy.
  if (isUnknown) later.runTwiceLater(() => requestCards.registerCopy(request.id, at));
  return cardAnswer(withInputs(card, inputs));
}

/** Null: something else is missing, or the request doesn't exist. */
async function missingTick(
  app: RequestClickApp,
  refusal: Refusal,
  { requestId, person, at, inputs }: Purpose & ClickToRepeat,
): Promise<InvokeResponse | null> {
  if (refusal.code !== 'acknowledge-irreversible') return null;
  const request = await app.requests.load(requestId);
  if (request === null) return null;
  const reader = await ownReader(app, request, person);
  const { card } = await app.requestCards.cardFor(request, { at, reader, automatic: false });
  return cardAnswer(withMissingTick(card, refusal, inputs));
}

/** A refusal without its own fact is about the request. */
const refusalAnswer = (refusal: Refusal, requestId: RequestId): InvokeResponse =>
  messageAnswer(refusalText({ ...refusal, fact: refusal.fact || requestId }));

/** Returns why a decision came too late; null: it didn't. */
function lateCode(result: Exclude<ActionResult, Refusal>): RefusalCode | null {
  const types = result.kind === 'accepted' ? result.events.map(({ body }) => body.type) : [];
  if (!types.includes('decided-late')) return null;
  if (types.includes('stop-requested')) return 'run-stops';
  return hasEnded(result.request) ? 'request-ended' : 'run-started';
}

export async function ownReader(
  ports: Pick<ActionPorts, 'approverOf' | 'operator'>,
  request: Request,
  person: PersonId,
): Promise<Reader> {
  if (person === request.requester) return { kind: 'requester' };
  if (!hasViews(request) || hasEnded(request)) return everybody;
  if ((await ports.approverOf(person, request)) === 'yes') return { kind: 'approver', id: person };
  return isOperated(request) && (await ports.operator(person)) === 'yes' ? { kind: 'operator', id: person } : everybody;
}

export async function answerEvidenceClick(
  app: BotApp,
  { person }: KnownSender,
  { at, click }: { readonly at: Posted | null; readonly click: CardClick },
): Promise<InvokeResponse> {
  const request = await findRequest(app.requests, click.action.data.requestId);
  if (isRefusal(request)) return messageAnswer(refusalText(request));
  const { evidenceLinks } = app;
  if (evidenceLinks === null) return messageAnswer(evidenceWords.byOperator(request.id));
  const reader = await ownReader(app, request, person);
  const { card } = await app.requestCards.cardFor(request, { at, reader, automatic: false });
  return cardAnswer(withDownload(card, await evidenceLinks.offer({ person, requestId: request.id })));
}
