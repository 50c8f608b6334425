// @ts-check

import { ShownCard } from './card.js';
import { avatar, clockTime, fill, make } from './dom.js';
import { showText } from './markdown.js';

/** @typedef {import('./api.js').Activity} Activity */
/** @typedef {{ click: (activity: Activity, clicked: import('./card.js').Clicked) => Promise<void>,
 *   search: (activity: Activity, input: string, query: string) => Promise<import('./typeahead.js').Choice[]> }} MessageUse */

/** The new card uses another connection than the answer to the click, and can arrive a little later. */
const lateEventMs = 1_000;
const cardType = 'application/vnd.microsoft.card.adaptive';

/** One message on the page. Renders only what changed. */
export class ShownMessage {
  /** @type {Activity | undefined} */ activity = undefined;
  /** @type {ShownCard | undefined} */ card = undefined;
  clicks = 0;
  shownText = '';
  shownMeta = '';
  shownNotice = '';

  constructor(/** @type {MessageUse} */ use) {
    this.use = use;
    this.meta = make('div', { class: 'meta' });
    this.text = make('div', { class: 'text', hidden: true });
    this.cardHost = make('div', { class: 'card', hidden: true });
    this.notice = make('div', { class: 'notice', hidden: true });
    this.element = make('article', { class: 'msg' });
  }

  /** Returns true if a change can be the answer to this person's click. */
  get clicking() {
    return this.clicks > 0;
  }

  /**
   * @param {Activity} activity
   * @param {Activity | undefined} notice the last answer to a click that only this person sees
   */
  show(activity, notice) {
    if (this.activity === undefined) this.frame(activity);
    const changed = this.activity?.local.editedAt !== activity.local.editedAt;
    this.activity = activity;
    this.showMeta(activity);
    this.showWords(activity);
    this.showCard(activity, this.clicking && activity.local.ownView && !changed);
    this.showNotice(notice);
  }

  frame(/** @type {Activity} */ activity) {
    const byBot = activity.from.role === 'bot';
    const author = byBot ? 'bot' : { id: activity.from.aadObjectId ?? '', name: activity.from.name };
    this.element.dataset.activity = activity.id;
    this.element.dataset.author = activity.from.aadObjectId ?? 'bot';
    this.element.setAttribute('aria-label', `${activity.from.name}, ${clockTime(activity.timestamp)}`);
    fill(
      this.element,
      avatar(author),
      this.meta,
      make('div', { class: 'body' }, this.text, this.cardHost, this.notice),
    );
  }

  showMeta(/** @type {Activity} */ activity) {
    const { editedAt, ownView, onlyYou } = activity.local;
    const refresh = ownRefresh(cardOf(activity));
    const json = JSON.stringify([editedAt, ownView, onlyYou, refresh]);
    if (json === this.shownMeta) return;
    this.shownMeta = json;
    const edited = editedAt === null ? '' : `, updated ${clockTime(editedAt)}`;
    fill(
      this.meta,
      make('b', {}, activity.from.name),
      make('time', { datetime: activity.timestamp }, clockTime(activity.timestamp) + edited),
      onlyYou && make('span', { class: 'alone' }, 'Only you can see this message'),
      ownView && make('span', { class: 'own', title: 'The bot shows you your own version of this card' }, 'Your view'),
      refresh !== undefined &&
        make('button', { class: 'link refresh', onclick: () => void this.refresh(refresh) }, 'Refresh card'),
    );
  }

  showWords(/** @type {Activity} */ activity) {
    const text = activity.text ?? '';
    if (text === this.shownText) return;
    this.shownText = text;
    this.text.hidden = text === '';
    showText(this.text, text, activity.from.role === 'bot');
  }

  showCard(/** @type {Activity} */ activity, /** @type {boolean} */ isFresh) {
    const payload = cardOf(activity);
    this.cardHost.hidden = payload === undefined;
    if (payload === undefined) return;
    this.cardHost.classList.toggle('full', isFullWidth(payload));
    this.card ??= new ShownCard(this.cardHost, {
      click: (clicked) => this.click(clicked),
      search: (input, query) => this.use.search(this.current(), input, query),
    });
    this.card.show(payload, isFresh);
  }

  current() {
    if (this.activity === undefined) throw new Error('a message was used before it was shown');
    return this.activity;
  }

  async click(/** @type {import('./card.js').Clicked} */ clicked) {
    this.clicks += 1;
    this.showNotice(undefined);
    try {
      await this.use.click(this.current(), clicked);
    } finally {
      setTimeout(() => {
        this.clicks -= 1;
      }, lateEventMs);
    }
  }

  async refresh(/** @type {string} */ verb) {
    this.card?.pend(undefined);
    try {
      await this.click({ type: 'Action.Execute', verb, data: {}, inputs: {} });
    } finally {
      this.card?.settle();
    }
  }

  showNotice(/** @type {Activity | undefined} */ notice) {
    const id = notice?.id ?? '';
    if (id === this.shownNotice && (this.notice.hidden || id !== '')) return;
    this.shownNotice = id;
    this.notice.hidden = notice === undefined;
    if (notice === undefined) return;
    this.notice.dataset.tone = notice.local.tone;
    const words = make('div', { class: 'words' });
    showText(words, notice.text ?? '', true);
    const close = make('button', { class: 'close', 'aria-label': 'Dismiss', onclick: () => this.dismiss() }, '×');
    const signIn = signInLink(notice);
    fill(this.notice, make('div', {}, make('small', {}, 'Only you can see this'), words, signIn), close);
    this.notice.setAttribute('role', 'status');
  }

  dismiss() {
    this.notice.hidden = true;
  }
}

/** The link to the sign-in page, which opens in a new window. */
function signInLink(/** @type {Activity} */ { signIn }) {
  if (signIn === undefined || !/^https?:/.test(signIn.url)) return undefined;
  return make('a', { class: 'sign-in', href: signIn.url, target: '_blank', rel: 'noopener noreferrer' }, signIn.title);
}

/** @returns {any} */
function cardOf(/** @type {Activity} */ activity) {
  return activity.attachments?.find((attachment) => attachment.contentType === cardType)?.content;
}

const isFullWidth = (/** @type {any} */ payload) => /^full$/i.test(payload?.msteams?.width ?? '');

/** Returns the refresh verb of a card without a button for it.
 * @returns {string | undefined} */
function ownRefresh(/** @type {any} */ payload) {
  const verb = payload?.refresh?.action?.verb;
  return verb !== undefined && JSON.stringify(payload.body).includes(`"verb":"${verb}"`) ? undefined : verb;
}
