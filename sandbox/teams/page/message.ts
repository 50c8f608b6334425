import type { Activity, Json } from './api.ts';
import { type Clicked, ShownCard } from './card.ts';
import { avatar, clockTime, fill, make } from './dom.ts';
import { showText } from './markdown.ts';
import type { Choice } from './typeahead.ts';

export interface MessageUse {
  click: (activity: Activity, clicked: Clicked) => Promise<void>;
  search: (activity: Activity, input: string, query: string) => Promise<Choice[]>;
}

/** The new card uses another connection than the answer to the click, and can arrive a little later. */
const lateEventMs = 1_000;
const cardType = 'application/vnd.microsoft.card.adaptive';

/** One message on the page. Renders only what changed. */
export class ShownMessage {
  meta = make('div', { class: 'meta' });
  text = make('div', { class: 'text', hidden: true });
  cardHost = make('div', { class: 'card', hidden: true });
  notice = make('div', { class: 'notice', hidden: true });
  element = make('article', { class: 'msg' });
  use: MessageUse;
  activity: Activity | undefined = undefined;
  card: ShownCard | undefined = undefined;
  clicks = 0;
  shownText = '';
  shownMeta = '';
  shownNotice = '';

  constructor(use: MessageUse) {
    this.use = use;
  }

  /** Returns true if a change can be the answer to this person's click. */
  get clicking() {
    return this.clicks > 0;
  }

  /** `notice`: the last answer to a click that only this person sees. */
  show(activity: Activity, notice: Activity | undefined) {
    if (this.activity === undefined) this.frame(activity);
    const changed = this.activity?.local.editedAt !== activity.local.editedAt;
    this.activity = activity;
    this.showMeta(activity);
    this.showWords(activity);
    this.showCard(activity, this.clicking && activity.local.ownView && !changed);
    this.showNotice(notice);
  }

  frame(activity: Activity) {
    const byBot = activity.from.role === 'bot';
    const author = byBot ? 'bot' : { id: activity.from.aadObjectId ?? '', name: activity.from.name };
    this.element.dataset.activity = activity.id;
    this.element.dataset.author = activity.from.aadObjectId ?? 'bot';
    this.element.setAttribute('aria-label', `${activity.from.name}, ${clockTime(activity.timestamp)}`);
    const body = make('div', { class: 'body' }, this.text, this.cardHost, this.notice);
    fill(this.element, avatar(author), this.meta, body);
  }

  showMeta(activity: Activity) {
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

  showWords(activity: Activity) {
    const text = activity.text ?? '';
    if (text === this.shownText) return;
    this.shownText = text;
    this.text.hidden = text === '';
    showText(this.text, text, activity.from.role === 'bot');
  }

  showCard(activity: Activity, isFresh: boolean) {
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

  async click(clicked: Clicked) {
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

  async refresh(verb: string) {
    this.card?.pend(undefined);
    try {
      await this.click({ type: 'Action.Execute', verb, data: {}, inputs: {} });
    } finally {
      this.card?.settle();
    }
  }

  showNotice(notice: Activity | undefined) {
    const id = notice?.id ?? '';
    if (id === this.shownNotice && (this.notice.hidden || id !== '')) return;
    this.shownNotice = id;
    this.notice.hidden = notice === undefined;
    if (notice === undefined) return;
    this.notice.dataset.tone = notice.local.tone;
    const dismiss = () => {
      this.notice.hidden = true;
    };
    const words = make('div', { class: 'words' });
    showText(words, notice.text ?? '', true);
    const close = make('button', { class: 'close', 'aria-label': 'Dismiss', onclick: () => dismiss() }, '×');
    const signIn = signInLink(notice);
    fill(this.notice, make('div', {}, make('small', {}, 'Only you can see this'), words, signIn), close);
    this.notice.setAttribute('role', 'status');
  }
}

/** The link to the sign-in page, which opens in a new window. */
function signInLink({ signIn }: Activity) {
  if (signIn === undefined || !/^https?:/.test(signIn.url)) return undefined;
  return make('a', { class: 'sign-in', href: signIn.url, target: '_blank', rel: 'noopener noreferrer' }, signIn.title);
}

const cardOf = (activity: Activity): Json | undefined =>
  activity.attachments?.find((attachment) => attachment.contentType === cardType)?.content;

const isFullWidth = (payload: Json) => /^full$/i.test(payload.msteams?.width ?? '');

/** Returns the refresh verb of a card without a button for it. */
function ownRefresh(payload: Json | undefined): string | undefined {
  const verb = payload?.refresh?.action?.verb;
  return verb !== undefined && JSON.stringify(payload?.body).includes(`"verb":"${verb}"`) ? undefined : verb;
}
