/**
 * Jobs of forms whose process ended, or whose result it couldn't show. Otherwise their cards would wait forever. The card
 * says so and lets the owner continue. An owner's own view is refreshed, and the replica that answers repeats the job.
 */

import { refuse } from '../../domain/request/refusal.ts';
import { settleInTurn } from '../../io/settle.ts';
import { formOpenCard, formSlowCard } from '../cards/views/form-place-view.ts';
import { isUnreachable } from '../delivery/chat.ts';
import { isStored, type SweepApp } from './abandoned-forms.ts';
import { openDialogStore } from './dialog-store.ts';
import { jobPrefix, lostAfterMs } from './form-jobs.ts';

async function showLost({ documents, chat, people, requests }: SweepApp, formId: string): Promise<void> {
  const stored = await openDialogStore(documents).read(formId);
  if (stored === null) return;
  const { form, card } = stored;
  const { conversationId, conversationType, messageId } = form.origin;
  if (form.ended !== null || messageId === undefined) return;
  if (await isStored(requests, form)) return;
  const [owner] = await people.among([form.owner]);
  const own = form.pending === null ? card : formSlowCard(form, refuse('look-lost'), card !== null);
  const page = conversationType === 'personal' || owner === undefined ? own : formOpenCard(form, owner);
  if (page === null) return;
  await chat.update({ conversationId, activityId: messageId }, page).catch((error: unknown) => {
    if (!isUnreachable(error)) throw error;
  });
}

/** Deletes the heartbeat last, so a crash in between repeats the recovery. */
export async function recoverLostFormJobs(app: SweepApp): Promise<void> {
  const { documents } = app;
  await settleInTurn(await documents.leftFor(jobPrefix, lostAfterMs), async (formId) => {
    await showLost(app, formId);
    await documents.delete([`${jobPrefix}${formId}`]);
  });
}
