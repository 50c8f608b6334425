/** Reminders: words under the card that waits, because a card that changes does not ring. */

import type { RequestId } from '../../domain/ids.ts';
import type { Requests, Shown } from '../../domain/ports/store.ts';
import { attentionEveryMs } from '../../domain/request/consequences.ts';
import type { Request } from '../../domain/request/request.ts';
import { type Addressee, bold, joinText, md, plain } from '../cards/plain-text.ts';
import type { Approvers } from './approvers.ts';
import type { Chat } from './chat.ts';

export interface RemindersOptions {
  readonly requests: Requests;
  readonly shown: Shown;
  readonly chat: Chat;
  readonly approvers: Approvers;
  readonly now: () => Date;
}

export interface Reminders {
  /** Returns when to remind again; null when nobody is waited for. */
  remind(id: RequestId, key: string): Promise<Date | null>;
}

/** The client's date fields work on cards only: words give the time in UTC. */
const utc = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

const names = (addressees: readonly Addressee[]) => joinText(addressees.map((one) => one.text));

export function openReminders({ requests, shown, chat, approvers, now }: RemindersOptions): Reminders {
  async function say(request: Request, audience: string, words: ReturnType<typeof md>, to: readonly Addressee[]) {
    const card = (await shown.of(request.id)).find((one) => one.audience === audience);
    await chat.say(card?.conversationId ?? request.origin.conversationId, words, to);
  }

  return {
    async remind(id, key) {
      const request = await requests.load(id);
      if (request?.state === 'needs-attention' && key === 'attention') {
        const words = md`${bold(id as string)} still needs attention: ${plain(request.resourceName)}. Its card says what stopped it.`;
        await say(request, 'status', words, []);
        return new Date(now().getTime() + attentionEveryMs);
      }
      if (request?.state !== 'awaiting-approval' || key === 'attention') return null;
      const { addressed } = await approvers.of(request);
      const until = plain<string>(utc(request.policy.expiresAt));
      const words = md`${bold(id as string)} waits for approval until ${until}. ${names(addressed)}`;
      await say(request, 'approval', words, addressed);
      return null;
    },
  };
}
