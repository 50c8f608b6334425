/** Forms that nobody goes on with: each is closed where it stands, and its owner finds a way back in. */
import { z } from 'zod';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formLeftCard } from '../cards/views/form-place-view.ts';
import type { Chat } from '../posts/chat.ts';
import type { Directory } from '../posts/directory.ts';
import { formKey, openFormPrefix } from './form-state.ts';

export interface LeftFormsOptions {
  readonly documents: Documents & { leftSince(prefix: string, time: Date): Promise<readonly string[]> };
  readonly chat: Pick<Chat, 'update'>;
  readonly directory: Directory;
  readonly now: () => Date;
}

const hourMs = 3_600_000;

/** As the dialogs' library keeps a form. */
const FormDocument = z.looseObject({
  dialog: z.looseObject({ dialogStack: z.tuple([z.looseObject({ state: z.looseObject({ form: Form }) })]) }),
});

/** Null where it has ended otherwise, or its owner goes on with it this very moment. */
async function close({ documents, directory }: LeftFormsOptions, formId: string) {
  const key = formKey(formId);
  const document = FormDocument.safeParse((await documents.read([key]))[key]).data;
  if (document === undefined) return null;
  const [entry] = document.dialog.dialogStack;
  const { form } = entry.state;
  if (form.ended !== null && form.ended !== 'left') return null;
  const names = await directory.names([form.owner]);
  const left: Form = { ...form, ended: 'left', pending: null };
  const card = formLeftCard(left, names(form.owner));
  const dialogStack = [{ ...entry, state: { ...entry.state, form: left, card } }];
  await documents.write({ [key]: { ...document, dialog: { ...document.dialog, dialogStack } } });
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
  const { documents, now } = options;
  for (const formId of await documents.leftSince(openFormPrefix, new Date(now().getTime() - hourMs))) {
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
