/** A click on a request's card: what it asks for, whether who clicked must sign in anew, and what they see after it. */
import type { InvokeResponse } from 'botbuilder';
import { type PersonId, RequestId } from '../../domain/ids.ts';
import { type Refusal, type RefusalCode, refuse } from '../../domain/request/refusal.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { Action, ActionPorts, ActionResult, ClickedCall } from '../../operations/actions/action.ts';
import { approve } from '../../operations/actions/approve.ts';
import { hasViews, type Reader, readerOf } from '../cards/views/reader.ts';
import { refusalText, withMissingTick } from '../cards/views/short-views.ts';
import type { Posted } from '../delivery/chat.ts';
import type { Looked, Notifier } from '../delivery/notifier.ts';
import type { Beside } from '../delivery/read-ahead.ts';
import { cardAnswer, messageAnswer } from '../invoke-answers.ts';
import type { StepUpSignIn } from '../sign-in/step-up.ts';
import type { CardClick, KnownSender } from './activity.ts';
import type { LaterCards } from './later-cards.ts';

export interface RequestClickOptions {
  readonly actionPorts: ActionPorts;
  readonly notifier: Notifier;
  readonly later: LaterCards;
  /** Null where approving needs no sign-in of its own. */
  readonly stepUp: StepUpSignIn | null;
}

/** On which request, as the card had it. Null: the click names none. */
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
    // Reject and Give up have a box of their own; cards of before ADR 5 have one for all.
    comment: text('reason').trim() === '' ? text('comment') : text('reason'),
    startDay: text('startDay'),
    startTime: text('startTime'),
  };
  return { requestId, asking: data.revision ?? -1, inputs };
}

/** `at`: the card that was clicked, as far as the client says. */
export async function answerRequestClick(
  options: RequestClickOptions,
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
  // Only an approval asks for a sign-in: stopping a change must never wait for one.
  const stepUp = action === approve ? options.stepUp : null;
  const purpose = { person, requestId, asking };
  const presented = await stepUp?.presented(purpose, click.authentication);
  if (presented?.kind === 'answer') return presented.answer;
  const signIn = presented?.signIn ?? null;
  const beside = options.notifier.readAhead(options.actionPorts.loadSnapshot(requestId), person);
  const result = await action.handle({ by: person, actor, requestId, asking, inputs, signIn }, options.actionPorts);
  if (result.kind === 'refused') {
    await options.notifier.adopt(requestId, at);
    const question = await stepUp?.question(purpose, result);
    if (question != null) return question;
    return (await missingTick(options, result, { requestId, person, at })) ?? refusalAnswer(result, requestId);
  }
  await stepUp?.settle(purpose);
  if (cameLate(result)) {
    await options.notifier.adopt(requestId, at);
    return refusalAnswer(refuse(lateCode(result)), requestId);
  }
  const reader = await ownReader(options.actionPorts, result.request, person);
  return answerWithCard(options, result.request, { at, reader, automatic: click.trigger === 'automatic' }, beside);
}

/**
 * The request's card as the answer to a click. What happens to the request while it is under way may be shown before it
 * arrives, and an old card would stand there, with buttons of its time: so it is looked at once more.
 */
export async function answerWithCard(
  { notifier, later }: Pick<RequestClickOptions, 'notifier' | 'later'>,
  request: Request,
  looked: Looked,
  beside?: Beside,
): Promise<InvokeResponse> {
  const { card, isUnknown } = await notifier.cardFor(request, looked, beside);
  const { at } = looked;
  if (at !== null) later.follow(at, () => notifier.movedOn(request, at));
  // By then whoever has just posted it has stored where it stands: if not, its answer was lost, and it is a copy.
  if (isUnknown) later.afterwards(() => notifier.adopt(request.id, at));
  return cardAnswer(card);
}

/** Null: something else is missing, or the request is gone. */
async function missingTick(
  { notifier, actionPorts }: RequestClickOptions,
  refusal: Refusal,
  { requestId, person, at }: { readonly requestId: RequestId; readonly person: PersonId; readonly at: Looked['at'] },
): Promise<InvokeResponse | null> {
  if (refusal.code !== 'acknowledge-irreversible') return null;
  const request = await actionPorts.requests.load(requestId);
  if (request === null) return null;
  const reader = await ownReader(actionPorts, request, person);
  const { card } = await notifier.cardFor(request, { at, reader, automatic: false });
  return cardAnswer(withMissingTick(card, refusal));
}

/** A refusal that is about nothing else is about the request. */
const refusalAnswer = (refusal: Refusal, requestId: RequestId): InvokeResponse =>
  messageAnswer(refusalText({ ...refusal, fact: refusal.fact || requestId }));

/** The click was stored, and came after what it was about had been decided. */
const cameLate = (result: Exclude<ActionResult, Refusal>): boolean =>
  result.kind === 'accepted' && result.events.some((event) => event.body.type === 'decided-late');

/** What came of a decision that came too late. */
function lateCode(result: Exclude<ActionResult, Refusal>): RefusalCode {
  if (result.kind === 'accepted' && result.events.some(({ body }) => body.type === 'stop-requested'))
    return 'run-stops';
  return hasEnded(result.request) ? 'request-ended' : 'run-started';
}

/** Which view of the card is the person's. The directory is asked only where views differ. */
export async function ownReader(ports: ActionPorts, request: Request, person: PersonId): Promise<Reader> {
  const asks = hasViews(request) && !hasEnded(request) && person !== request.requester;
  return readerOf(request, person, asks ? await ports.approverStanding(person, request) : 'no');
}
