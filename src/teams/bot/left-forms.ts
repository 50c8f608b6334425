/** Forms that nobody goes on with: each is closed where it stands, and its owner finds a way back in. */
import { type Documents, type Requests, StaleDocument } from '../../domain/ports/store.ts';
import type { Form } from '../../operations/form.ts';
import type { Directory } from '../cards/directory.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formLeftCard } from '../cards/views/form-place-view.ts';
import type { Chat } from '../delivery/chat.ts';
import { openDialogStore, openFormPrefix } from './dialog-store.ts';

export interface LeftFormsOptions {
  readonly documents: Documents & { leftFor(prefix: string, ms: number): Promise<readonly string[]> };
  readonly chat: Pick<Chat, 'update'>;
  readonly directory: Directory;
  readonly requests: Pick<Requests, 'load'>;
}

const hourMs = 3_600_000;

/** Null where it has ended otherwise, or its owner goes on with it this very moment. */
async function close({ documents, directory, requests }: LeftFormsOptions, formId: string) {
  const dialogs = openDialogStore(documents);
  const kept = await dialogs.read(formId);
  if (kept === null) return null;
  const { form } = kept;
  if (form.ended !== null && form.ended !== 'left') return null;
  // The process ended right after it stored what came of the form, whose message is the request's card by now.
  if ((await requests.load(form.requestId))?.forms.includes(form.id)) return null;
  const names = await directory.names([form.owner]);
  const left: Form = { ...form, ended: 'left', pending: null };
  const card = formLeftCard(left, names(form.owner));
  await dialogs.saveLeft({ form: left, card }, kept.eTag);
  return { form: left, card };
}

async function showClosed({ chat }: LeftFormsOptions, { origin }: Form, card: AdaptiveCard): Promise<void> {
  const { conversationId, messageId } = origin;
  if (messageId !== undefined) await chat.update({ conversationId, activityId: messageId }, card);
}

/**
 * Closes what nobody clicked for an hour. The mark of an open form goes last: whatever ends in between is done once more the next
 * time.
 */
export async function closeLeftForms(options: LeftFormsOptions): Promise<void> {
  const { documents } = options;
  for (const formId of await documents.leftFor(openFormPrefix, hourMs)) {
    try {
      const closed = await close(options, formId);
      if (closed !== null) await showClosed(options, closed.form, closed.card);
      await documents.delete([`${openFormPrefix}${formId}`]);
    } catch (error) {
      // Its owner was faster, and goes on with it.
      if (!(error instanceof StaleDocument)) throw error;
    }
  }
}
