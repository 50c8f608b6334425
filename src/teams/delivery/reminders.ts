/** Sends reminders at set times, for requests that wait for people. */

import type { RequestId } from '../../domain/ids.ts';
import type { PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import { attentionEveryMs, type RescheduleAt } from '../../domain/request/consequences.ts';
import { settleInTurn } from '../../io/settle.ts';
import { attentionNotice, decisionNotice } from '../cards/views/notification-view.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import { peopleOfStop } from '../cards/views/state-line.ts';
import { audiencePrefix, type Notifications } from './notifications.ts';

interface RemindersOptions {
  readonly requests: Pick<Requests, 'load'>;
  readonly notifications: Pick<Notifications, 'notify'>;
  readonly directory: Pick<Directory, 'names'>;
  readonly postedCards: Pick<PostedCards, 'of' | 'remove'>;
}

/**
 * Deletes the stored posts of reminders, except those of the current occasion. They are stored only so that a retry repeats none, and
 * quote no text that can be erased.
 */
export async function forgetReminders(
  postedCards: Pick<PostedCards, 'of' | 'remove'>,
  id: RequestId,
  current = '',
): Promise<void> {
  const isOver = ({ audience }: PostedCard): boolean =>
    audience.startsWith(audiencePrefix('reminder')) && !audience.startsWith(audiencePrefix(current));
  const cards = await postedCards.of(id);
  await settleInTurn(cards.filter(isOver), ({ requestId, audience }) => postedCards.remove(requestId, audience));
}

/** `dueAt`: when this reminder was due, ISO 8601. Returns when to remind again; null if no one is awaited. */
export const openReminders =
  ({ requests, notifications, directory, postedCards }: RemindersOptions) =>
  async (id: RequestId, key: string, dueAt: string): Promise<RescheduleAt | null> => {
    const request = await requests.load(id);
    if (request?.state === 'needs-attention' && key === 'attention') {
      const names = await directory.names(peopleOfStop(request));
      // A retry counts as the same day's reminder.
      const day = Math.round((Date.parse(dueAt) - Date.parse(request.askedAt)) / attentionEveryMs);
      const occasion = `reminder:${request.asking}:${day}`;
      const notice = () => attentionNotice(request, names);
      await forgetReminders(postedCards, id, occasion);
      await notifications.notify(request, { occasion, who: ['requester', 'operators'], except: null, notice });
      return { afterMs: attentionEveryMs };
    }
    if (request?.state !== 'awaiting-approval' || key === 'attention') return null;
    const occasion = `reminder:${request.asking}:${key}`;
    const notice = () => decisionNotice(request);
    await notifications.notify(request, { occasion, who: ['approvers'], except: null, notice });
    return null;
  };
