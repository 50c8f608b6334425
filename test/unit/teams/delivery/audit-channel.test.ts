import { openAuditChannel } from '../../../../src/teams/delivery/audit-channel.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { asks, cancels, eventsAfter, id, requestAfter } from '../../../support/builders/commands.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';

test('the day’s checkpoint is posted once, also if Teams refused it at first', async () => {
  const now = () => new Date('2026-03-20T12:00:00Z');
  const events = eventsAfter(asks(), cancels());
  const request = requestAfter(asks(), cancels());
  let isRefusing = true;
  let checkpoints = 0;
  const channel = openAuditChannel({
    requests: { ...memoryRequests(now), load: async () => request, events: async () => events },
    postedCards: memoryPostedCards(),
    auditLog: { hashAt: async () => 'a'.repeat(64) },
    chat: {
      post: async (conversationId) => ({ conversationId, activityId: '1' }),
      async postThread(conversationId, card) {
        if (/checkpoint/i.test(textsOf(card).join(' '))) {
          if (isRefusing) throw Object.assign(new Error('throttled'), { statusCode: 429 });
          checkpoints += 1;
        }
        return { conversationId, activityId: '1' };
      },
      update: async () => true,
      remove: async () => undefined,
      replyTargeted: async () => null,
    },
    directory: { names: async () => () => 'A person' },
    auditChannel: 'audit',
    checkpoints: {
      covering: async () => ({ size: 1_000, note: 'origin\n1000\nroot=\n\n— log abc=\n' }),
      witnessing: async () => null,
      everyMs: 1_000,
    },
    documents: memoryDocuments(),
    now,
  });
  await expect(channel.show(id)).rejects.toThrow('throttled');
  isRefusing = false;
  expect([await channel.show(id), checkpoints]).toEqual([null, 1]);
  expect([await channel.show(id), checkpoints]).toEqual([null, 1]);
});
