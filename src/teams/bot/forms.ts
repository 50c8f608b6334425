/**
 * Forms in Teams: opened by a command, clicked by their owner, stored between clicks so that they survive a restart.
 */

import { FormId, mintFormId, type PersonId } from '../../domain/ids.ts';
import type { Portal } from '../../domain/ports/azure.ts';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import { isRefusal, type Refusal, refuse, refuseOnFailure } from '../../domain/request/refusal.ts';
import type { CommandPorts } from '../../operations/commands/command.ts';
import { Form } from '../../operations/form.ts';
import { type FormResult, readPage, submitLost, turnForm } from '../../operations/form-clicks.ts';
import { FormInputs } from '../../operations/pages/page.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { formCancelledCard, formChangedCard, formSlowCard, withRejection } from '../cards/views/form-place-view.ts';
import { formCard } from '../cards/views/form-view.ts';
import { withPortal } from '../cards/views/parts.ts';
import { withInputs } from '../cards/with-inputs.ts';
import type { Posted } from '../delivery/chat.ts';
import { openDialogStore, type StoredDialog } from './dialog-store.ts';
import { openFormJobs } from './form-jobs.ts';
import { withSoftTimeout } from './reply.ts';

export const formVerbs = [
  'form.next',
  'form.back',
  'form.submit',
  'form.cancel',
  'form.existing-key',
  'form.new-key',
  'form.switch',
  'form.refresh',
  'form.show',
  'form.resume',
] as const;

interface DialogApp extends CommandPorts {
  readonly portal: Portal | null;
}

interface DialogPage {
  readonly kind: 'card';
  readonly card: AdaptiveCard;
  readonly form: Form;
}
interface Submitted {
  readonly kind: 'submitted';
  readonly form: Form;
}

/**
 * Returns true if the form's message becomes the request's card. A form that edits a request doesn't: that request has
 * a card.
 */
const becameRequest = ({ ended, changes }: Form): boolean => ended === 'submitted' && changes === null;

/** Each displayed plan has its own revision, so a card with another plan can't submit it. */
const showing = (form: Form, digest: string): Form => ({
  ...form,
  shownDigest: digest,
  revision: form.shownDigest === null || form.shownDigest === digest ? form.revision : form.revision + 1,
});

async function draw(app: DialogApp, form: Form, problem: Refusal | null): Promise<DialogPage | Refusal> {
  const page = (card: AdaptiveCard, shown = form): DialogPage => ({ kind: 'card', card, form: shown });
  if (form.ended === 'submitted') return page(formChangedCard(form));
  if (form.ended === 'cancelled') return page(formCancelledCard(form));
  const read = await refuseOnFailure(() => readPage(form, app));
  if (isRefusal(read)) return read;
  const { facts, obstacle } = read;
  const shown = facts.page === 'review' ? showing(form, facts.digest) : read.form;
  const rejected = form.rejected === undefined ? null : await app.requests.load(form.rejected);
  const card = withRejection(formCard(shown, facts, problem, obstacle), rejected);
  return page(facts.page === 'review' ? withPortal(card, app.portal, facts.plan, undefined) : card, shown);
}

/**
 * Returns the current page. With a problem, it keeps the entered values. The form contains what rendering fixed, such
 * as the displayed digest.
 */
async function showPage(
  app: DialogApp,
  { form, problem }: FormResult,
  inputs: FormInputs,
): Promise<DialogPage | Submitted | Refusal> {
  if (becameRequest(form)) return { kind: 'submitted', form };
  const drawn = await draw(app, form, problem);
  if (drawn.kind === 'refused' || problem === null) return drawn;
  return { ...drawn, card: withInputs(drawn.card, inputs) };
}

/** Maximum of retries. Each conflict means that another click won; a person doesn't make more at once. */
const mostAttempts = 10;

interface FormCard extends DialogPage {
  /**
   * The card that replaces this one when Azure answers; null in the promise: this one stays. Null: the page is
   * complete.
   */
  readonly later: Promise<AdaptiveCard | null> | null;
}
type FormAnswer = FormCard | Submitted | Refusal;

interface FormClickCall {
  readonly by: PersonId;
  readonly formId: string;
  readonly revision: number;
  readonly verb: string;
  /** Raw input of the card, validated here. */
  readonly inputs: unknown;
  readonly at: Posted | null;
}

export type Forms = ReturnType<typeof openForms>;

/** A stored click that took too long to answer. Its ID identifies it among the form's clicks. */
type Pending = NonNullable<Form['pending']>;

interface FormsApp extends DialogApp {
  readonly documents: Documents;
  readonly isTaken: (at: Posted) => Promise<boolean>;
}

/** Retries on conflict: after a simultaneous click, it starts over with the changed form. */
async function retryOnConflict<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StaleDocument) || attempt === mostAttempts) throw error;
    }
  }
}

const withMessageId = (form: Form, messageId: string | undefined): Form =>
  messageId === undefined ? form : { ...form, origin: { ...form.origin, messageId } };

/** Others don't see the thread that the command started: the request's card starts one of its own. */
const standingAlone = ({ origin, ...form }: Form): Form => ({
  ...form,
  alone: true,
  origin: { ...origin, conversationId: origin.conversationId.split(';')[0] ?? '' },
});

const cardOf = (answer: DialogPage | Submitted): AdaptiveCard | null => (answer.kind === 'card' ? answer.card : null);
const onCard = (form: Form, card: AdaptiveCard): FormCard => ({ kind: 'card', card, form, later: null });
const asAnswer = (shown: DialogPage | Submitted | Refusal): FormAnswer =>
  shown.kind === 'card' ? onCard(shown.form, shown.card) : shown;

export function openForms(app: FormsApp) {
  const jobs = openFormJobs(app.documents, app.now);
  const dialogs = openDialogStore(app.documents);

  /** Checks an ID from a client before it is used as a database key. */
  const readGiven = async (id: string) => (FormId.safeParse(id).success ? dialogs.read(id) : null);

  const isPending = async (formId: string, job: string): Promise<boolean> =>
    (await dialogs.read(formId))?.form.pending?.look === job;

  /** Stores the result of a background job, unless its owner abandoned it. */
  async function settle({ id }: Form, job: string, answer: FormAnswer): Promise<AdaptiveCard | null> {
    const now = await dialogs.read(id);
    if (now === null) return null;
    const { form, card, eTag } = now;
    const isWanted = form.pending?.look === job;
    // The previous page is available to go back to.
    if (answer.kind === 'refused') return isWanted ? formSlowCard(form, answer, card !== null) : null;
    // A stored request counts, whatever was clicked just before.
    if (!isWanted && (answer.form.ended !== 'submitted' || form.ended === 'submitted')) return null;
    await dialogs.save({ form: withMessageId(answer.form, form.origin.messageId), card: cardOf(answer) }, eTag);
    return cardOf(answer);
  }

  /** Continues a slow click in the background: stores it with the form, and shows that it is running. */
  async function continueInBackground(form: Form, pending: Pending, working: Promise<FormAnswer>): Promise<FormAnswer> {
    const now = await dialogs.read(form.id);
    // Another click was faster, so this one has no effect.
    if (now?.form.revision !== form.revision) throw new StaleDocument(`form ${form.id} has moved on`);
    const waiting = withMessageId({ ...form, pending }, now.form.origin.messageId);
    await jobs.announce(form.id);
    await dialogs.save({ form: waiting, card: now.card }, now.eTag);
    const later = working.then((answer) => retryOnConflict(() => settle(form, pending.look, answer)));
    jobs.keep(form.id, pending.look, later);
    return { ...onCard(waiting, formSlowCard(waiting, null, now.card !== null)), later };
  }

  /** Abandons a pending click: shows the page again, with the entered values. */
  async function abandonPending(form: Form, card: AdaptiveCard, eTag: string): Promise<FormAnswer> {
    const before = { ...form, pending: null };
    await dialogs.save({ form: before, card }, eTag);
    return onCard(before, withInputs(card, form.pending?.inputs ?? {}));
  }

  /**
   * Repeats a job that this process doesn't run, because it can be lost with another one. Under the same ID, so that the first result
   * counts: otherwise refreshes on several replicas in turn would never end.
   * The stored click decides nothing: a request that was being submitted is shown for review again.
   */
  async function repeatLostJob({ form, card, eTag }: StoredDialog, pending: Pending): Promise<FormAnswer> {
    const submits = pending.verb === 'form.submit';
    if (submits && (await jobs.runsElsewhere(form.id))) return onCard(form, formSlowCard(form, null, card !== null));
    const clicked = { verb: submits ? submitLost : pending.verb, inputs: FormInputs.parse(pending.inputs) };
    const answer = await act({ ...form, pending: null }, eTag, clicked, pending.look);
    return answer.kind === 'refused' ? onCard(form, formSlowCard(form, answer, card !== null)) : answer;
  }

  async function awaitJob(dialog: StoredDialog, pending: Pending): Promise<FormAnswer> {
    const { form } = dialog;
    const going = jobs.of(pending.look);
    if (going === undefined) return repeatLostJob(dialog, pending);
    const card = (await withSoftTimeout(going)) === 'in-time' ? await going : null;
    const now = await dialogs.read(form.id);
    if (now === null) return refuse('form-ended');
    if (becameRequest(now.form)) return { kind: 'submitted', form: now.form };
    // Another process did the same job, and stored the page first.
    if (card === null && now.form.pending === null && now.card !== null) return onCard(now.form, now.card);
    return onCard(form, card ?? formSlowCard(form, null, dialog.card !== null));
  }

  /** Whether the texts that a new form repeats were erased while it was opened, and so before it was stored. */
  async function isErased({ repeats, changes, requestId, justification }: Form): Promise<boolean> {
    const source = changes === null ? repeats : requestId;
    if (source === undefined || justification === '') return false;
    return (await app.requests.load(source))?.justification === null;
  }

  async function act(
    form: Form,
    eTag: string,
    clicked: { readonly verb: string; readonly inputs: FormInputs },
    job: string = mintFormId(app.random(10)),
  ): Promise<FormAnswer> {
    let inBackground = false;
    // Without its document, the form's texts were erased.
    const isWanted = async (): Promise<boolean> =>
      inBackground ? isPending(form.id, job) : (await dialogs.read(form.id)) !== null;
    const work = async (): Promise<FormAnswer> =>
      asAnswer(await showPage(app, await turnForm(form, { ...clicked, isWanted }, app), clicked.inputs));
    const working = work();
    if ((await withSoftTimeout(working)) === 'slow') {
      inBackground = true;
      return continueInBackground(form, { ...clicked, look: job }, working);
    }
    const answer = await working;
    if (answer.kind !== 'refused') await dialogs.save({ form: answer.form, card: cardOf(answer) }, eTag);
    return answer;
  }

  /**
   * Stores the form's location at its first click, if the process ended right after posting it. The message becomes the
   * request's card, so it must not be another request's.
   */
  async function withLocation(form: Form, at: Posted | null): Promise<Form> {
    const { messageId, conversationId } = form.origin;
    if (form.alone || messageId !== undefined || at === null || at.conversationId !== conversationId) return form;
    return (await app.isTaken(at)) ? form : withMessageId(form, at.activityId);
  }

  async function clickOnce(call: FormClickCall): Promise<FormAnswer> {
    const stored = await readGiven(call.formId);
    if (stored === null) return refuse('form-ended');
    if (stored.form.owner !== call.by) return refuse('not-your-form');
    if (becameRequest(stored.form)) return { kind: 'submitted', form: stored.form };
    const { card, eTag } = stored;
    const form = await withLocation(stored.form, call.at);
    const current = call.revision === form.revision && call.verb !== 'form.show';
    // Where the closed form's message couldn't be updated, its page looks open. Its buttons continue it, so no text is lost.
    const continues = current && call.verb !== 'form.refresh';
    if (form.ended === 'left' && card !== null && !continues) return onCard(form, card);
    const { pending } = form;
    const submitsNow = current && call.verb === 'form.submit' && jobs.of(pending?.look ?? '') === undefined;
    if (pending !== null && !submitsNow && !(current && call.verb === 'form.cancel')) {
      if (current && call.verb === 'form.back' && card !== null) return abandonPending(form, card, eTag);
      return awaitJob({ form, card, eTag }, pending);
    }
    // A button of an earlier page only shows the current page.
    if (!current && card !== null) return onCard(form, card);
    const inputs = FormInputs.safeParse(call.inputs ?? {}).data ?? FormInputs.parse({});
    // Submitted again, the first result counts: on several replicas in turn, each click would make the one before ineffective.
    const job = submitsNow && pending?.verb === 'form.submit' ? pending.look : undefined;
    return act(form, eTag, { verb: current ? call.verb : 'show', inputs }, job);
  }

  return {
    async open(opened: Form): Promise<FormAnswer> {
      const form = Form.parse(opened);
      const answer = asAnswer(await showPage(app, { form, problem: null }, FormInputs.parse({})));
      if (answer.kind === 'refused') return answer;
      await dialogs.create({ form: answer.form, card: cardOf(answer) });
      if (!(await isErased(form))) return answer;
      await dialogs.delete(form.id);
      return refuse('form-ended');
    },
    /** The form's message has been posted: from now on it is known, whatever a client says. Null: for its owner alone. */
    standsIn: (formId: string, messageId: string | null) =>
      retryOnConflict(async () => {
        const now = await dialogs.read(formId);
        if (now === null) return;
        const form = messageId === null ? standingAlone(now.form) : withMessageId(now.form, messageId);
        await dialogs.save({ form, card: now.card }, now.eTag);
      }),
    click: (call: FormClickCall) => retryOnConflict(() => clickOnce(call)),
    /** The form's message shows the result of its slow click. */
    shown: jobs.shown,
    /** Returns the form, only to its owner. */
    async read(formId: string, by: PersonId): Promise<Form | null> {
      const form = (await readGiven(formId))?.form;
      return form?.owner === by ? form : null;
    },
  };
}
