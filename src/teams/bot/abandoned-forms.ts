/** Closes abandoned forms. Their card lets the owner resume. */

import { type Documents, type People, type Requests, StaleDocument } from '../../domain/ports/store.ts';
import { settleInTurn } from '../../io/settle.ts';
import type { Form } from '../../operations/form.ts';
import { type ClosingReason, formAbandonedCard, formChangedCard } from '../cards/views/form-place-view.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import type { Chat } from '../delivery/chat.ts';
import { type Dialog, editFormPrefix, OpenFormMark, openDialogStore, openFormPrefix } from './dialog-store.ts';

export interface SweepApp {
  readonly documents: Documents & { leftFor(prefix: string, ms: number): Promise<readonly string[]> };
  readonly chat: Pick<Chat, 'update' | 'remove'>;
  readonly directory: Directory;
  readonly people: Pick<People, 'among'>;
  readonly requests: Pick<Requests, 'load'>;
}

const minuteMs = 60_000;
/** An ended form shows its end for a minute. An unfinished one waits longer where others don't see it. */
const endedMs = minuteMs;
const sharedMs = 15 * minuteMs;
const personalMs = 60 * minuteMs;
/** A form that was clicked just before is in use, whatever its owner opens beside it. */
const inUseMs = 2 * minuteMs;

const isPersonal = ({ origin }: Form): boolean => origin.conversationType === 'personal';

/** Whether a request, or the edit of one, came of the form. If the process ended right after that, the form doesn't say so. */
export const isStored = async (requests: Pick<Requests, 'load'>, { requestId, id }: Form): Promise<boolean> =>
  (await requests.load(requestId))?.forms.includes(id) === true;

/** Returns the closed form and its card. Null where its message is, or becomes, a request's card. */
async function close(
  { documents, directory, requests }: SweepApp,
  formId: string,
  why: ClosingReason,
): Promise<Dialog | null> {
  const dialogs = openDialogStore(documents);
  const stored = await dialogs.read(formId);
  if (stored === null) return null;
  const { form } = stored;
  const isSubmitted = form.ended === 'submitted' || (form.ended !== 'cancelled' && (await isStored(requests, form)));
  if (isSubmitted && form.changes === null) return null;
  if (form.ended === 'submitted' || form.ended === 'cancelled') return stored;
  const names = await directory.names([form.owner]);
  // If it's submitted, the process ended before it stored that with the form.
  const ending = isSubmitted ? ({ ended: 'submitted', justification: '' } as const) : ({ ended: 'left' } as const);
  const ended: Form = { ...form, pending: null, ...ending };
  const card = isSubmitted ? formChangedCard(ended) : formAbandonedCard(ended, names(form.owner), why);
  await dialogs.saveLeft({ form: ended, card }, stored.eTag);
  return { form: ended, card };
}

async function clear({ chat }: SweepApp, { form, card }: Dialog): Promise<void> {
  const { conversationId, messageId } = form.origin;
  if (messageId === undefined) return;
  const at = { conversationId, activityId: messageId };
  if (!isPersonal(form)) return chat.remove(at);
  if (form.ended !== 'cancelled' && card !== null) await chat.update(at, card);
}

/** Removes the message of a form that an erasure deleted, unless the request's card replaced it. */
async function clearErased({ documents, chat, requests }: SweepApp, formId: string): Promise<void> {
  const key = `${openFormPrefix}${formId}`;
  const mark = OpenFormMark.safeParse((await documents.read([key]))[key]).data;
  if (mark === undefined || (await requests.load(mark.requestId))?.forms.some((form) => form === formId)) return;
  await chat.remove(mark.at);
}

/** The marks of an open form go last: what a crash interrupts is done again the next time. */
async function closeAndClear(app: SweepApp, formId: string, why: ClosingReason): Promise<void> {
  try {
    if ((await openDialogStore(app.documents).read(formId)) === null) await clearErased(app, formId);
    const closed = await close(app, formId, why);
    if (closed !== null) await clear(app, closed);
    await app.documents.delete([`${openFormPrefix}${formId}`, `${editFormPrefix}${formId}`]);
  } catch (error) {
    // Its owner continues with it at this moment.
    if (!(error instanceof StaleDocument)) throw error;
  }
}

async function isOutdated({ documents, requests }: SweepApp, formId: string): Promise<boolean> {
  const form = (await openDialogStore(documents).read(formId))?.form;
  if (form === undefined) return true;
  const request = await requests.load(form.requestId);
  return request?.state !== 'awaiting-approval' || request.asking !== form.changes?.asking;
}

/** Closes forms that were left, and removes the messages of those that ended. */
export async function closeAbandonedForms(app: SweepApp): Promise<void> {
  const { documents } = app;
  const dialogs = openDialogStore(documents);
  const [ended, shared, personal] = await Promise.all(
    [endedMs, sharedMs, personalMs].map((ms) => documents.leftFor(openFormPrefix, ms)),
  );
  async function closeUnused(formId: string): Promise<void> {
    const form = (await dialogs.read(formId))?.form;
    const isLeft = form === undefined || (isPersonal(form) ? personal : shared)?.includes(formId) === true;
    if (isLeft || (form.ended !== null && !isPersonal(form))) await closeAndClear(app, formId, 'unused');
  }
  async function closeOutdated(formId: string): Promise<void> {
    if (await isOutdated(app, formId)) await closeAndClear(app, formId, 'outdated');
  }
  const edits = await documents.leftFor(editFormPrefix, 0);
  await settleInTurn(
    [() => settleInTurn(ended ?? [], closeUnused), () => settleInTurn(edits, closeOutdated)],
    (closeAll) => closeAll(),
  );
}

/** At most one unfinished form of a person stands in a channel: an earlier one makes way. */
export async function replaceEarlierForm(app: SweepApp, { id, owner, origin }: Form): Promise<void> {
  const { documents } = app;
  const [channel = ''] = origin.conversationId.split(';');
  const key = `form-of/${owner}/${channel}`;
  const stored = (await documents.read([key]))[key];
  const earlier = typeof stored?.formId === 'string' ? stored.formId : null;
  await documents.write({ [key]: { formId: id } });
  if (earlier === null) return;
  const isUnused = (await documents.leftFor(`${openFormPrefix}${earlier}`, inUseMs)).includes('');
  // Where that fails, the sweeper does it later.
  if (isUnused) await closeAndClear(app, earlier, 'replaced').catch(() => undefined);
}
