import type { PersonId } from '../../../../src/domain/ids.ts';
import type { PostedCard } from '../../../../src/domain/ports/store.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { bugCard } from '../../../../src/teams/cards/views/short-views.ts';
import type { AwaitedApprovers, Source } from '../../../../src/teams/delivery/addressees.ts';
import { approverAudience } from '../../../../src/teams/delivery/audience.ts';
import { desiredCards, reconcileCard } from '../../../../src/teams/delivery/reconcile-cards.ts';
import { openRequestCards } from '../../../../src/teams/delivery/request-cards.ts';
import { decides, id, policy, requestAfter, secondApprover } from '../../../support/builders/commands.ts';
import { approver, submit } from '../../../support/builders/fixtures.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { noon, planFor } from '../../../support/builders/plans.ts';

const own = approverAudience(approver);
const asked = submit({
  ...{ plan: planFor(), digest: '1'.repeat(64), policy: policy() },
  origin: { conversationId: 'status', conversationType: 'personal' },
});
const waiting = requestAfter(asked);
const rejected = requestAfter(asked, decides('reject', secondApprover, { comment: 'Not now.' }));
const card = bugCard('1');

const postedIn = (audiences: readonly string[]): PostedCard[] =>
  audiences.map((audience, n) => ({
    requestId: id,
    ...{ audience, conversationId: audience, activityId: `${n}`, fingerprint: '' },
  }));

function chatRefusing(refusing: readonly string[]) {
  const post = async (conversationId: string) => {
    if (refusing.includes(conversationId)) throw Object.assign(new Error('blocked'), { statusCode: 403 });
    return { conversationId, activityId: 'new' };
  };
  return { post, postThread: post, update: async (at: PostedCard) => !refusing.includes(at.conversationId) };
}

const optionsWith = (awaited: AwaitedApprovers, chat: ReturnType<typeof chatRefusing>) => ({
  approvers: { of: async () => awaited },
  chat,
  conversations: {
    personalChat: async (personId: PersonId) => ({ conversationId: own, serviceUrl: '', tenantId: '', personId }),
  },
  ...{ approvalsChannel: 'approval', operationsChannel: 'operations' },
});

const someone = { described: '', addressed: [], people: [approver], sources: [] };

/** What an approver's own card becomes, and whether it is posted again, for each answer about the approvers. */
async function ownCard(awaited: AwaitedApprovers) {
  const withoutQuestion = bugCard('2');
  const view = { asked: awaited, forReader: () => card, inPlace: () => card, withoutQuestion: () => withoutQuestion };
  const wanted = await desiredCards(optionsWith(awaited, chatRefusing([])), waiting, postedIn([own]), view);
  const [one] = wanted.filter(({ audience }) => audience === own);
  return { asks: one?.card === card, isPostedAgain: one?.post !== null };
}

test('an approver’s own card loses its buttons only if the directory answers that they are no approver', async () => {
  const unanswered: Source = { kind: 'unanswered', name: 'Approver', everybody: [approver], known: [] };
  const none = { ...someone, people: [] };
  expect(await ownCard(someone)).toEqual({ asks: true, isPostedAgain: true });
  expect(await ownCard({ ...none, sources: [unanswered] })).toEqual({ asks: true, isPostedAgain: false });
  expect(await ownCard({ ...none, sources: [{ ...unanswered, kind: 'unknown' }] })).toEqual({
    asks: false,
    isPostedAgain: false,
  });
});

/** Brings all cards of a request up to date where the given places refuse the bot. Returns what stays stored, or threw. */
async function shownWith(request: Request, refusing: readonly string[]) {
  const cards = postedIn(['status', 'approval', 'operations', own]);
  const postedCards = memoryPostedCards(cards);
  const chat = chatRefusing(refusing);
  const view = { asked: someone, forReader: () => card, inPlace: () => card, withoutQuestion: () => card };
  const wanted = await desiredCards(optionsWith(someone, chat), request, cards, view);
  const results = await Promise.allSettled(
    wanted.map((one) =>
      reconcileCard(
        { postedCards, chat },
        request,
        one,
        cards.find(({ audience }) => audience === one.audience),
      ),
    ),
  );
  return {
    refused: wanted.flatMap(({ audience }, n) => (results[n]?.status === 'rejected' ? [audience] : [])),
    stored: (await postedCards.of(id)).map(({ audience }) => audience),
  };
}

test('an approver who blocked the bot, and a short card whose channel is gone, cost nobody a retry', async () => {
  expect(await shownWith(waiting, [own, 'operations'])).toEqual({ refused: [], stored: ['status', 'approval'] });
});

test('a request’s own cards are tried again until it has ended', async () => {
  const places = ['status', 'approval'];
  expect((await shownWith(waiting, places)).refused).toEqual(['status', 'approval']);
  expect(await shownWith(rejected, places)).toEqual({ refused: [], stored: ['operations', own] });
});

test('where reminders of a request were posted is forgotten once it has ended', async () => {
  const reminders = ['call:reminder:1:half:approvals', 'call:reminder:1:last:person:x'];
  const posted = { requestId: id, audience: 'call:reminder:1:last:person:y', conversationId: 'a', activityId: '9' };
  const stored = async (request: Request) => {
    const postedCards = memoryPostedCards(postedIn(['status', 'approval', 'call:1:requester', ...reminders]));
    const drawnWith = { paused: false, stepUp: null, hasEvidence: false, portal: null };
    const { show } = openRequestCards({
      ...optionsWith(someone, {
        ...chatRefusing([]),
        // After the cards were read: a reminder that was being posted meanwhile.
        update: async () => {
          await postedCards.save({ ...posted, fingerprint: '' });
          return true;
        },
      }),
      ...drawnWith,
      requests: { load: async () => request, events: async () => [] },
      ...{ postedCards, people: { among: async () => [] }, directory: { names: async () => () => 'Somebody' } },
      ...{ timeLimits: { retry: { firstMs: 1, longestMs: 1 }, poll: { everyMs: 1, atMostMs: 1 } }, now: () => noon },
      jobs: { onWritten: () => undefined },
    } as never);
    await show(id, new AbortController().signal);
    return (await postedCards.of(id)).map(({ audience }) => audience);
  };
  expect(await stored(waiting)).toEqual(expect.arrayContaining(reminders));
  const left = await stored(rejected);
  expect(left).toContain('call:1:requester');
  expect(left.filter((audience) => audience.includes('reminder'))).toEqual([]);
});
