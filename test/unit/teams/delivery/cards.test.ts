import { type DriftId, driftIdOf, PersonId } from '../../../../src/domain/ids.ts';
import type { PostedCard } from '../../../../src/domain/ports/store.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { decideDrift, foldWatch, type ResourceWatch } from '../../../../src/domain/watch/resource-watch.ts';
import type { DriftState } from '../../../../src/domain/watch/state.ts';
import { lastVerifiedOf } from '../../../../src/operations/registry.ts';
import { bugCard } from '../../../../src/teams/cards/views/short-views.ts';
import type { AwaitedApprovers, Source } from '../../../../src/teams/delivery/addressees.ts';
import { approverAudience } from '../../../../src/teams/delivery/audience.ts';
import { openDriftAlerts } from '../../../../src/teams/delivery/drift-alerts.ts';
import { desiredCards, reconcileCard } from '../../../../src/teams/delivery/reconcile-cards.ts';
import { openRequestCards } from '../../../../src/teams/delivery/request-cards.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { decides, id, policy, requestAfter, secondApprover, toSucceeded } from '../../../support/builders/commands.ts';
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
  return { asks: one?.card() === card, isPostedAgain: one?.post !== null };
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
async function shownWith(request: Request, refusing: readonly string[], undrawn = '') {
  const cards = postedIn(['status', 'approval', 'operations', own]);
  const postedCards = memoryPostedCards(cards);
  const chat = chatRefusing(refusing);
  const inPlace = (audience: string) => {
    if (audience === undrawn) throw new Error('rendering card');
    return card;
  };
  const view = { asked: someone, forReader: () => card, inPlace, withoutQuestion: () => card };
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

test('a card that can’t be drawn stops no other', async () => {
  expect((await shownWith(waiting, [], 'approval')).refused).toEqual(['approval']);
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

describe('alerts', () => {
  const request = requestAfter(...toSucceeded);
  const operator = PersonId.parse('20000000-0000-4000-8000-000000000009');
  const id: DriftId = driftIdOf('0'.repeat(64));
  const firewall: DriftState = { code: 'firewall-changed', now: 'closed' };
  const disabled: DriftState = { code: 'key-disabled' };

  /**
   * An agent's drift and its cards. `find` stores what was found, `show` returns what Teams was sent for it. `failing`: a message whose
   * edits fail.
   */
  function watched(failing = '') {
    const verified = lastVerifiedOf(request);
    if (verified === null) throw new Error('the request was not verified');
    let events: readonly StoredEvent[] = [];
    const watchNow = (): ResourceWatch | null => foldWatch(id, events);
    const sent: string[] = [];
    const chat = (kind: string) => async (conversationId: string, card: object) => {
      sent.push(`${kind}: ${textsOf(card)[0]}`);
      return { conversationId, activityId: `${sent.length}` };
    };
    const among = async (ids: readonly PersonId[]) =>
      ids.map((one) => ({ id: one, memberId: `29:${one}`, name: 'On call' }));
    const alerts = openDriftAlerts({
      drifts: { load: async () => watchNow() },
      requests: { load: async () => request },
      postedCards: memoryPostedCards(),
      chat: {
        post: chat('reply'),
        postThread: chat('alert'),
        update: async ({ conversationId, activityId }, card) => {
          if (activityId === failing) throw new Error('no answer');
          return chat('edit')(conversationId, card).then(() => true);
        },
      },
      operationsChannel: 'operations',
      approvalsChannel: 'approvals',
      operators: [operator],
      people: { among, amongMany: among },
      lookups: { look: async () => ({ kind: 'person', name: 'Operator', members: [operator], complete: true }) },
    });
    return {
      find(...states: readonly DriftState[]) {
        const at = new Date(Date.UTC(2026, 2, 10 + events.length));
        const decision = decideDrift(watchNow(), { verified, verdict: { states, unread: [] } }, new Map(), at);
        if (decision.kind === 'refused') throw new Error('refused');
        const stored = decision.events.map(({ body, texts }, n) => {
          const revision = events.length + n + 1;
          return { seq: revision, revision, cause: 'watch', time: at.toISOString(), body, texts };
        });
        events = [...events, ...stored];
      },
      sent,
      registerCopy: (activityId: string) => alerts.registerCopy(id, 1, { conversationId: 'operations', activityId }),
      async show(): Promise<readonly string[]> {
        sent.length = 0;
        await alerts.show(id, watchNow()?.drifts.at(-1)?.number ?? 0);
        return [...sent];
      },
    };
  }

  test('each time an alert becomes critical again, a new post notifies', async () => {
    const { find, show } = watched();
    find(disabled, firewall);
    expect(await show()).toEqual(['alert: Not as approved: 2 differences']);
    find(firewall);
    expect(await show()).toEqual(['edit: Not as approved']);
    for (const state of [{ code: 'key-deleted' }, { code: 'key-purged' }] as const) {
      find(state, firewall);
      expect(await show()).toEqual(['edit: Not as approved: 2 differences', 'reply: Now critical']);
      expect(await show()).toEqual([]);
      find(firewall);
      expect(await show()).toEqual(['edit: Not as approved', 'edit: No longer critical']);
    }
  });

  test('a later post that wasn’t edited when its alert eased is edited when the next one is posted', async () => {
    const { find, show } = watched();
    find(firewall);
    await show();
    find(disabled, firewall);
    await show();
    find(firewall);
    find({ code: 'key-purged' }, firewall);
    expect(await show()).toEqual([
      'edit: Not as approved: 2 differences',
      'edit: No longer critical',
      'reply: Now critical',
    ]);
  });

  test('an alert that became critical before it was posted notifies once', async () => {
    const { find, show } = watched();
    find(firewall);
    find(disabled, firewall);
    expect(await show()).toEqual(['alert: Not as approved: 2 differences']);
    expect(await show()).toEqual([]);
    find(firewall);
    expect(await show()).toEqual(['edit: Not as approved']);
    find(disabled, firewall);
    expect(await show()).toEqual(['edit: Not as approved: 2 differences', 'reply: Now critical']);
  });

  test('a copy that can’t be edited keeps no other copy, and no notification, from being sent', async () => {
    const { find, show, sent, registerCopy } = watched('one copy');
    find(firewall);
    await show();
    for (const copy of ['one copy', 'other copy']) await registerCopy(copy).catch(() => undefined);
    find(disabled, firewall);
    await expect(show()).rejects.toThrow('no answer');
    const card = 'edit: Not as approved: 2 differences';
    expect(sent.toSorted()).toEqual([card, card, 'reply: Now critical']);
  });
});
