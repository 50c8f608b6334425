/** Closes abandoned forms. Their card lets the owner resume. */
import { type Documents, type Requests, StaleDocument } from '../../domain/ports/store.ts';
import type { Form } from '../../operations/form.ts';
import type { Directory } from '../cards/directory.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formAbandonedCard } from '../cards/views/form-place-view.ts';
import type { Chat } from '../delivery/chat.ts';
import { openDialogStore, openFormPrefix } from './dialog-store.ts';

export interface AbandonedFormsOptions {
  readonly documents: Documents & { leftFor(prefix: string, ms: number): Promise<readonly string[]> };
  readonly chat: Pick<Chat, 'update'>;
  readonly directory: Directory;
  readonly requests: Pick<Requests, 'load'>;
}

const hourMs = 3_600_000;

/** Returns null if the form ended otherwise, or its owner is using it. */
async function close({ documents, directory, requests }: AbandonedFormsOptions, formId: string) {
  const dialogs = openDialogStore(documents);
  const stored = await dialogs.read(formId);
  if (stored === null) return null;
  const { form } = stored;
  if (form.ended !== null && form.ended !== 'left') return null;
  // The process ended right after it stored the form's request. Then the message is already the request's card.
  if ((await requests.load(form.requestId))?.forms.includes(form.id)) return null;
  const names = await directory.names([form.owner]);
  const abandoned: Form = { ...form, ended: 'left', pending: null };
  const card = formAbandonedCard(abandoned, names(form.owner));
  await dialogs.saveLeft({ form: abandoned, card }, stored.eTag);
  return { form: abandoned, card };
}

async function showClosed({ chat }: AbandonedFormsOptions, { origin }: Form, card: AdaptiveCard): Promise<void> {
  const { conversationId, messageId } = origin;
  if (messageId !== undefined) await chat.update({ conversationId, activityId: messageId }, card);
}

/** Closes forms without a click for an hour. The marker is deleted last, so a crash in between repeats the close. */
export async function closeAbandonedForms(options: AbandonedFormsOptions): Promise<void> {
  const { documents } = options;
  for (const formId of await documents.leftFor(openFormPrefix, hourMs)) {
    try {
      const closed = await close(options, formId);
      if (closed !== null) await showClosed(options, closed.form, closed.card);
      await documents.delete([`${openFormPrefix}${formId}`]);
    } catch (error) {
      // The owner was faster and continues.
      if (!(error instanceof StaleDocument)) throw error;
    }
  }
}
