/**
 * Recovers jobs of forms whose process ended.
 * Otherwise their cards would wait forever. The card says so and lets the owner continue. An owner's own view is
 * refreshed, and the replica that answers repeats the job.
 */
import type { Documents, People } from '../../domain/ports/store.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { formOpenCard } from '../cards/views/form-place-view.ts';
import { formUnreadCard } from '../cards/views/form-slow-view.ts';
import type { Chat } from '../delivery/chat.ts';
import { openDialogStore } from './dialog-store.ts';
import { jobPrefix, lostAfterMs } from './form-jobs.ts';

export interface LostFormJobsOptions {
  readonly documents: Documents & { leftFor(prefix: string, ms: number): Promise<readonly string[]> };
  readonly chat: Pick<Chat, 'update'>;
  readonly people: Pick<People, 'among'>;
}

async function showLost({ documents, chat, people }: LostFormJobsOptions, formId: string): Promise<void> {
  const stored = await openDialogStore(documents).read(formId);
  if (stored === null) return;
  const { form, card } = stored;
  const { conversationId, conversationType, messageId } = form.origin;
  if (form.pending === null || form.ended !== null || messageId === undefined) return;
  const [owner] = await people.among([form.owner]);
  const page =
    conversationType === 'personal' || owner === undefined
      ? formUnreadCard(form, refuse('look-lost'), card !== null)
      : formOpenCard(form, owner);
  await chat.update({ conversationId, activityId: messageId }, page);
}

/** Deletes the heartbeat last, so a crash in between repeats the recovery. */
export async function recoverLostFormJobs(options: LostFormJobsOptions): Promise<void> {
  const { documents } = options;
  for (const formId of await documents.leftFor(jobPrefix, lostAfterMs)) {
    await showLost(options, formId);
    await documents.delete([`${jobPrefix}${formId}`]);
  }
}
