import { type DriftId, driftIdOf, PersonId } from '../../../../src/domain/ids.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import { decideDrift, foldWatch, type ResourceWatch } from '../../../../src/domain/watch/resource-watch.ts';
import type { DriftState } from '../../../../src/domain/watch/state.ts';
import { lastVerifiedOf } from '../../../../src/operations/registry.ts';
import { openDriftAlerts } from '../../../../src/teams/delivery/drift-alerts.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { requestAfter, toSucceeded } from '../../../support/builders/commands.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';

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
