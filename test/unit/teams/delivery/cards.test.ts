import { type DriftId, driftIdOf, PersonId } from '../../../../src/domain/ids.ts';
import { type PostedCard, type PostedCards, refusedUpdate } from '../../../../src/domain/ports/store.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { decideDrift, foldWatch, type ResourceWatch } from '../../../../src/domain/watch/resource-watch.ts';
import type { DriftState } from '../../../../src/domain/watch/state.ts';
import { lastVerifiedOf } from '../../../../src/operations/registry.ts';
import { bugCard } from '../../../../src/teams/cards/views/short-views.ts';
import type { Source } from '../../../../src/teams/delivery/addressees.ts';
import type { AwaitedApprovers } from '../../../../src/teams/delivery/approvers.ts';
import { approverAudience } from '../../../../src/teams/delivery/audience.ts';
import { openDriftAlerts } from '../../../../src/teams/delivery/drift-alerts.ts';
import { desiredCards, reconcileCard } from '../../../../src/teams/delivery/reconcile-cards.ts';
import { openRequestCards } from '../../../../src/teams/delivery/request-cards.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import {
  decides,
  id,
  policy,
  requestAfter,
  secondApprover,
  submit,
  toSucceeded,
} from '../../../support/builders/commands.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { noon, planFor } from '../../../support/builders/plans.ts';
import { policyOf } from '../../../support/builders/policies.ts';

const own = approverAudience(approver);
const asked = submit({
  plan: planFor(),
  digest: '1'.repeat(64),
  policy: policy(),
  origin: { conversationId: 'status', conversationType: 'personal' },
});
const waiting = requestAfter(asked);
const rejected = requestAfter(asked, decides('reject', secondApprover, { comment: 'Not now.' }));
const card = bugCard('1');

const postedIn = (audiences: readonly string[]): PostedCard[] =>
  audiences.map((audience, n) => ({
    requestId: id,
    audience,
    conversationId: audience,
    activityId: `${n}`,
    fingerprint: '',
  }));

function chatRefusing(refusing: readonly string[], statusCode = 403) {
  const post = async (conversationId: string) => {
    if (refusing.includes(conversationId)) throw Object.assign(new Error('refused'), { statusCode });
    return { conversationId, activityId: 'new' };
  };
  const update = async ({ conversationId }: PostedCard) =>
    statusCode === 404 ? !refusing.includes(conversationId) : post(conversationId).then(() => true);
  return { post, postThread: post, update };
}

const optionsWith = (awaited: AwaitedApprovers, chat: ReturnType<typeof chatRefusing>) => ({
  approvers: { of: async () => awaited },
  chat,
  conversations: {
    personalChat: async (personId: PersonId) => ({ conversationId: own, serviceUrl: '', tenantId: '', personId }),
  },
  approvalsChannel: 'approval',
  operationsChannel: 'operations',
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

const everywhere = ['status', 'approval', 'operations', own];

/** Brings all cards of a request up to date where the given places refuse the bot. Returns what threw, what waits, and what stays stored. */
async function shownWith(request: Request, refusing: readonly string[], status?: number, undrawn = '') {
  const cards = postedIn(everywhere);
  const postedCards = memoryPostedCards(cards);
  const chat = chatRefusing(refusing, status);
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
  const stored = await postedCards.of(id);
  return {
    threw: wanted.flatMap(({ audience }, n) => (results[n]?.status === 'rejected' ? [audience] : [])),
    waits: wanted.flatMap(({ audience }, n) => (Object(results[n]).value === true ? [audience] : [])),
    outdated: stored.flatMap(({ audience, fingerprint }) => (fingerprint === refusedUpdate ? [audience] : [])),
    stored: stored.map(({ audience }) => audience),
  };
}

const requestCards = everywhere.slice(0, 2);
const others = everywhere.slice(2);

test.each([400, 401, 403, 405])('where Teams answers %i, the card waits and its place is kept', async (status) => {
  const kept = { stored: everywhere };
  expect(await shownWith(waiting, others, status)).toEqual({ ...kept, threw: [], waits: others, outdated: others });
  // Operators learn of the request's own cards, because the attempts of their work grow.
  const own = { ...kept, outdated: requestCards };
  expect(await shownWith(waiting, requestCards, status)).toEqual({ ...own, threw: requestCards, waits: [] });
  expect(await shownWith(rejected, requestCards, status)).toEqual({ ...own, threw: [], waits: requestCards });
});

test('a card that Teams finds too large is posted again only after the next event', async () => {
  const told = { threw: [], waits: [], outdated: everywhere, stored: everywhere };
  expect(await shownWith(waiting, everywhere, 413)).toEqual(told);
});

test('a card that can’t be drawn stops no other', async () => {
  expect((await shownWith(waiting, [], 403, 'approval')).threw).toEqual(['approval']);
});

test('a place that is gone costs nobody a retry, but a request’s own cards are tried again until it has ended', async () => {
  const nothing = { threw: [], waits: [], outdated: [] };
  expect(await shownWith(waiting, others, 404)).toEqual({ ...nothing, stored: requestCards });
  expect((await shownWith(waiting, requestCards, 404)).threw).toEqual(requestCards);
  expect(await shownWith(rejected, requestCards, 404)).toEqual({ ...nothing, stored: others });
});

/** Brings a request's cards up to date at that time, as the worker does. Returns when it's to be done again. */
function show(request: Request, postedCards: PostedCards, chat: ReturnType<typeof chatRefusing>, now = noon) {
  const drawnWith = {
    paused: false,
    stepUp: null,
    hasEvidence: false,
    portal: null,
    decisions: { isDelayed: async () => false },
  };
  const cards = openRequestCards({
    ...optionsWith(someone, chat),
    ...drawnWith,
    postedCards,
    requests: { load: async () => request, events: async () => [{ time: noon.toISOString(), texts: {} }] },
    people: { among: async () => [] },
    directory: { names: async () => () => 'Somebody' },
    timeLimits: { retry: { firstMs: 1, longestMs: 1 }, poll: { everyMs: 1, atMostMs: 1 } },
    now: () => now,
    jobs: { onWritten: () => undefined },
  } as never);
  return cards.show(id, new AbortController().signal);
}

test('what Teams refuses is tried again, at longer and longer intervals', async () => {
  const after = (ms: number) => new Date(noon.getTime() + ms);
  const shownAfter = (ms: number) =>
    show(rejected, memoryPostedCards(postedIn(everywhere)), chatRefusing([own]), after(ms));
  expect([await shownAfter(0), await shownAfter(8 * 3_600_000)]).toEqual([{ afterMs: 60_000 }, { afterMs: 7_200_000 }]);
  expect(await show(rejected, memoryPostedCards(postedIn(everywhere)), chatRefusing([]))).toBeNull();
});

test('an approver whose chat refuses the first post gets the card when Teams takes it', async () => {
  const postedCards = memoryPostedCards(postedIn(everywhere.slice(0, 3)));
  const has = async () => (await postedCards.of(id)).some(({ audience }) => audience === own);
  expect([await show(waiting, postedCards, chatRefusing([own])), await has()]).toEqual([{ afterMs: 60_000 }, false]);
  expect([await show(waiting, postedCards, chatRefusing([])), await has()]).toEqual([null, true]);
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
    let shown = '';
    const chat = (kind: string) => async (conversationId: string, card: object) => {
      sent.push(`${kind}: ${textsOf(card)[0]}`);
      shown = textsOf(card).join(' ');
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
      policy: policyOf(),
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
      shown: () => shown,
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

  test('an alert about time that passes blames no one', async () => {
    const { find, show, shown } = watched();
    find({ code: 'key-expires', at: '2026-04-01T00:00:00.000Z' });
    expect(await show()).toEqual(['alert: Key expires soon']);
    expect(shown()).not.toContain('who changed it');
    find(firewall);
    await show();
    expect(shown()).toContain('Azure doesn’t say who changed it.');
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
