/** Stores dialogs: one document for each form. An ETag prevents two clicks on one form from overwriting each other. */
import { z } from 'zod';
import { RequestId } from '../../domain/ids.ts';
import type { Documents } from '../../domain/ports/store.ts';
import { Form } from '../../operations/form.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

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
    /** Null: it doesn't exist or can't be read. */
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
const heartbeatMs = 15_000;
export const lostAfterMs = 45_000;

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
    keep(formId: string, look: string, coming: Coming): void {
      jobs.set(look, coming);
      // A failed write is repeated at the next interval.
      const timer = setInterval(() => void announce(formId).catch(() => undefined), heartbeatMs);
      const end = (): void => {
        jobs.delete(look);
        clearInterval(timer);
        documents.delete([keyOf(formId)]).catch(() => undefined);
      };
      coming.then(end, end);
    },
  };
}
