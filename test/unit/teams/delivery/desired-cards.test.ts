import type { PersonId } from '../../../../src/domain/ids.ts';
import type { PostedCard } from '../../../../src/domain/ports/store.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { bugCard } from '../../../../src/teams/cards/views/short-views.ts';
import { approverAudience } from '../../../../src/teams/delivery/audience.ts';
import { desiredCards, reconcileCard } from '../../../../src/teams/delivery/desired-cards.ts';
import { decides, id, policy, requestAfter, secondApprover } from '../../../support/builders/commands.ts';
import { approver, submit } from '../../../support/builders/fixtures.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { planFor } from '../../../support/builders/plans.ts';

const own = approverAudience(approver);
const asked = submit({
  ...{ plan: planFor(), digest: '1'.repeat(64), policy: policy() },
  origin: { conversationId: 'status', conversationType: 'personal' },
});
const waiting = requestAfter(asked);
const rejected = requestAfter(asked, decides('reject', secondApprover, { comment: 'Not now.' }));
const card = bugCard('1');

/** Brings all cards of a request up to date where the given places refuse the bot. Returns what stays stored, or threw. */
async function shownWith(request: Request, refusing: readonly string[]) {
  const cards = ['status', 'approval', 'operations', own].map(
    (audience, n): PostedCard => ({
      ...{ requestId: id, audience, conversationId: audience, activityId: `${n}`, fingerprint: '' },
    }),
  );
  const postedCards = memoryPostedCards(cards);
  const post = async (conversationId: string) => {
    if (refusing.includes(conversationId)) throw Object.assign(new Error('blocked'), { statusCode: 403 });
    return { conversationId, activityId: 'new' };
  };
  const chat = { post, postThread: post, update: async (at: PostedCard) => !refusing.includes(at.conversationId) };
  const awaited = { described: '', addressed: [], people: [approver], sources: [] };
  const view = { asked: awaited, forReader: () => card, inPlace: () => card, withoutQuestion: () => card };
  const wanted = await desiredCards(
    {
      approvers: { of: async () => awaited },
      chat,
      conversations: {
        personalChat: async (personId: PersonId) => ({ conversationId: own, serviceUrl: '', tenantId: '', personId }),
      },
      ...{ approvalsChannel: 'approval', operationsChannel: 'operations' },
    },
    request,
    cards,
    view,
  );
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
