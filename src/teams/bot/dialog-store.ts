/** Stores dialogs: one document for each form. An ETag prevents two clicks on one form from overwriting each other. */

import { z } from 'zod';
import { RequestId } from '../../domain/ids.ts';
import { type Documents, type People, type Requests, StaleDocument } from '../../domain/ports/store.ts';
import { refuse } from '../../domain/request/refusal.ts';
import { settleInTurn } from '../../io/settle.ts';
import { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import {
  type ClosingReason,
  formAbandonedCard,
  formChangedCard,
  formOpenCard,
  formSlowCard,
} from '../cards/views/form-place-view.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import { type Chat, isUnreachable } from '../delivery/chat.ts';

const formKey = (formId: string): string => `form/${formId}`;
/** A marker for each open form. Its age is the time since its owner's last click. */
export const openFormPrefix = 'open-form/';
/** Its content: the form's request and message, for when an erasure deleted the form. */
export const OpenFormMark = z.looseObject({
  requestId: RequestId,
  at: z.object({ conversationId: z.string(), activityId: z.string() }),
});

const markOf = ({ requestId, origin: { conversationId, messageId } }: Form) =>
  messageId === undefined ? {} : { requestId, at: { conversationId, activityId: messageId } };

/** The same beside a form that edits a request, which can end meanwhile. */
export const editFormPrefix = 'edit-form/';

export interface Dialog {
  readonly form: Form;
  /** The last rendered page. Null: the form is new, or it became a new request, whose card replaces the form's. */
  readonly card: AdaptiveCard | null;
}

export interface StoredDialog extends Dialog {
  readonly eTag: string;
}

const DialogDocument = z.looseObject({ eTag: z.string(), form: Form, card: z.unknown() });

export function openDialogStore(documents: Documents) {
  /** Throws {@link StaleDocument} if the stored form changed since it was read with this ETag. */
  const save = ({ form, card }: Dialog, eTag: string): Promise<void> =>
    documents.write({
      [formKey(form.id)]: { form, card, eTag },
      [`${openFormPrefix}${form.id}`]: markOf(form),
      ...(form.changes === null ? {} : { [`${editFormPrefix}${form.id}`]: {} }),
    });
  return {
    async read(formId: string): Promise<StoredDialog | null> {
      const key = formKey(formId);
      const read = DialogDocument.safeParse((await documents.read([key]))[key]).data;
      if (read === undefined) return null;
      const { form, card } = read;
      // The store returns only what this program wrote and sealed.
      return { form, card: (card ?? null) as AdaptiveCard | null, eTag: read.eTag };
    },
    /** Stores a new form. Throws {@link StaleDocument} if it exists. */
    create: (dialog: Dialog): Promise<void> => save(dialog, ''),
    save,
    /** The same for an abandoned form: doesn't count as activity of its owner. */
    saveLeft: (dialog: Dialog, eTag: string): Promise<void> =>
      documents.write({ [formKey(dialog.form.id)]: { ...dialog, eTag } }),
    delete: (formId: string): Promise<void> =>
      documents.delete([formKey(formId), `${openFormPrefix}${formId}`, `${editFormPrefix}${formId}`]),
  };
}

// Background jobs of forms that outlast their click. A heartbeat document shows other replicas that a job is running.

/** The heartbeat of a form that waits for a job. Its age is the time since the process last wrote it. */
export const jobPrefix = 'looking/';

/** Far below the time after which a job counts as lost. */
const heartbeatMs = 3_000;
/** A person waits for it. A slow replica's job that counted as lost still shows its page. */
const lostAfterMs = 10_000;

type Coming = Promise<AdaptiveCard | null>;

const Mark = z.looseObject({ saidAt: z.iso.datetime() });

export function openFormJobs(documents: Documents, now: () => Date) {
  const jobs = new Map<string, Coming>();
  const keyOf = (formId: string): string => `${jobPrefix}${formId}`;
  /** Writes the heartbeat. It must exist before a form that waits is stored. */
  const announce = (formId: string): Promise<void> =>
    documents.write({ [keyOf(formId)]: { saidAt: now().toISOString() } });
  return {
    /** Returns the job's result; undefined if this process doesn't run it. */
    of: (look: string): Coming | undefined => jobs.get(look),
    announce,
    async runsElsewhere(formId: string): Promise<boolean> {
      const mark = Mark.safeParse((await documents.read([keyOf(formId)]))[keyOf(formId)]).data;
      return mark !== undefined && Math.abs(now().getTime() - Date.parse(mark.saidAt)) < lostAfterMs;
    },
    /** The message shows the result. Until then the heartbeat stays, because the process can end before. */
    shown: (formId: string): Promise<void> => documents.delete([keyOf(formId)]),
    keep(formId: string, look: string, coming: Coming): void {
      jobs.set(look, coming);
      // A failed write is repeated at the next interval.
      const timer = setInterval(() => void announce(formId).catch(() => undefined), heartbeatMs);
      const end = (): void => {
        jobs.delete(look);
        clearInterval(timer);
      };
      coming.then(end, end);
    },
  };
}

// Closes abandoned forms. Their card lets the owner resume.

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
const isStored = async (requests: Pick<Requests, 'load'>, { requestId, id }: Form): Promise<boolean> =>
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

// Jobs of forms whose process ended, or whose result it couldn't show. Otherwise their cards would wait forever. The card says so and lets the owner continue. An
// owner's own view is refreshed, and the replica that answers repeats the job.

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
