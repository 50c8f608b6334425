/** The messages of one conversation as one person sees them. */
import type { Activity, Json } from './api.ts';
import { type Clicked, ShownCard } from './card.ts';
import { arrange, avatar, clockTime, fill, make } from './dom.ts';
import type { Choice } from './filtered-choices.ts';

const markdown = markdownit({ html: false, linkify: false, breaks: true });
markdown.disable(['image', 'html_inline', 'html_block']);

/** Restores mentions after HTML was escaped. */
const withMentions = (html: string) => html.replace(/&lt;at&gt;(.+?)&lt;\/at&gt;/g, '<span class="mention">$1</span>');

/** Returns safe HTML for the bot's Markdown. */
const toHtml = (text: string) => withMentions(markdown.render(text));

/** Makes the card renderer use the same Markdown as messages. */
export function teachCards() {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = toHtml(text);
    result.didProcess = true;
  };
}

/** Shows the text of a message: the bot's as Markdown, a person's as typed, with mentions highlighted in both. */
function showText(element: Element, text: string, byBot: boolean) {
  element.innerHTML = byBot
    ? toHtml(text)
    : withMentions(markdown.utils.escapeHtml(text)).replace(/^\/.*/, '<code>$&</code>');
  for (const link of element.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
}

interface MessageUse {
  click: (activity: Activity, clicked: Clicked) => Promise<void>;
  search: (activity: Activity, input: string, query: string) => Promise<Choice[]>;
}

/** The new card uses another connection than the answer to the click, and can arrive a little later. */
const lateEventMs = 1_000;
const cardType = 'application/vnd.microsoft.card.adaptive';

/** One message on the page. Renders only what changed. */
class ShownMessage {
  meta = make('div', { class: 'meta' });
  text = make('div', { class: 'text', hidden: true });
  cardHost = make('div', { class: 'card', hidden: true });
  notice = make('div', { class: 'notice', hidden: true });
  element = make('article', { class: 'msg' });
  use: MessageUse;
  activity: Activity | undefined = undefined;
  card: ShownCard | undefined = undefined;
  clicks = 0;
  /** What each part shows. A part is drawn again only if that changes. */
  drawn = new Map<Element, string>();

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

  isNew(part: Element, content: unknown) {
    const json = JSON.stringify([content]);
    const isNew = this.drawn.get(part) !== json;
    this.drawn.set(part, json);
    return isNew;
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
    if (!this.isNew(this.meta, [editedAt, ownView, onlyYou, refresh])) return;
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
    if (!this.isNew(this.text, text)) return;
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
    if (!this.isNew(this.notice, notice?.id)) return;
    this.notice.hidden = notice === undefined;
    if (notice === undefined) return;
    this.notice.dataset.tone = notice.local.tone;
    const words = make('div', { class: 'words' });
    showText(words, notice.text ?? '', true);
    const close = make(
      'button',
      { class: 'close', 'aria-label': 'Dismiss', onclick: () => (this.notice.hidden = true) },
      '×',
    );
    const signIn = signInLink(notice);
    fill(this.notice, make('div', {}, make('small', {}, 'Only you can see this'), words, signIn), close);
    this.notice.setAttribute('role', 'status');
  }
}

/** The link to the sign-in page, which opens in a new window. */
function signInLink({ signIn }: Activity) {
  if (signIn === undefined || !/^https?:/.test(signIn.url)) return undefined;
  return make(
    'a',
    { class: 'plain filled sign-in', href: signIn.url, target: '_blank', rel: 'noopener noreferrer' },
    signIn.title,
  );
}

const cardOf = (activity: Activity): Json | undefined =>
  activity.attachments?.find((attachment) => attachment.contentType === cardType)?.content;

const isFullWidth = (payload: Json) => /^full$/i.test(payload.msteams?.width ?? '');

/** Returns the refresh verb of a card without a button for it. */
function ownRefresh(payload: Json | undefined): string | undefined {
  const verb = payload?.refresh?.action?.verb;
  return verb !== undefined && JSON.stringify(payload?.body).includes(`"verb":"${verb}"`) ? undefined : verb;
}

/** Groups messages into threads: by conversation ID in a channel, elsewhere each message alone. In order of their start. */
function threadsOf(activities: Iterable<Activity>): Map<string, Activity[]> {
  const threads = new Map<string, Activity[]>();
  for (const activity of activities) {
    if (activity.local.tone !== 'message') continue;
    const isThread = activity.conversation.id.includes(';messageid=');
    const id = isThread ? activity.conversation.id : activity.id;
    const thread = threads.get(id) ?? [];
    thread.push(activity);
    threads.set(id, thread);
  }
  return threads;
}

/** Returns the last answer that only this person sees, by the ID of its message. */
function noticesOf(activities: Iterable<Activity>): Map<string, Activity> {
  const notices = new Map<string, Activity>();
  for (const activity of activities)
    if (activity.local.tone !== 'message') notices.set(activity.replyToId ?? '', activity);
  return notices;
}

export interface ConversationUse extends MessageUse {
  reply: (threadId: string, rootId: string) => HTMLElement;
  isChannel: boolean;
  empty: string;
}

/** Distance from the end within which the page scrolls to new messages, in pixels. */
const nearEnd = 80;

/** The messages of one conversation as one person sees them. */
export class ShownConversation {
  element: HTMLElement;
  use: ConversationUse;
  activities = new Map<string, Activity>();
  messages = new Map<string, ShownMessage>();
  threads = new Map<string, { section: HTMLElement; replies: HTMLElement }>();

  constructor(element: HTMLElement, use: ConversationUse) {
    this.element = element;
    this.use = use;
    element.replaceChildren();
  }

  /** Replaces all messages. */
  load(activities: readonly Activity[]) {
    const isFirst = this.activities.size === 0;
    this.activities = new Map(activities.map((activity) => [activity.id, activity]));
    this.draw();
    if (isFirst) this.element.scrollTop = this.element.scrollHeight;
  }

  /** Adds or updates a message. */
  put(activity: Activity) {
    const isNews = !this.activities.has(activity.id) || this.messages.get(activity.id)?.clicking === true;
    const wasFollowed = this.isAtEnd();
    this.activities.set(activity.id, activity);
    this.draw();
    if (isNews && wasFollowed) this.showFromTop(activity.id);
  }

  isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < nearEnd;
  }

  /** Scrolls to the top of a card that is taller than the page. */
  showFromTop(id: string) {
    const message = this.messages.get(id)?.element;
    if (message === undefined) return;
    const top = this.element.scrollTop + message.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
    this.element.scrollTop = Math.min(top - 8, this.element.scrollHeight);
  }

  remove(id: string) {
    if (this.activities.delete(id)) this.draw();
  }

  lastId() {
    return [...this.activities.keys()].at(-1);
  }

  draw() {
    const { element } = this;
    const follow = this.isAtEnd();
    const notices = noticesOf(this.activities.values());
    const wanted = [...threadsOf(this.activities.values())].map(([id, messages]) => this.thread(id, messages, notices));
    arrange(element, wanted.length > 0 ? wanted : [make('p', { class: 'empty' }, this.use.empty)]);
    if (follow) element.scrollTop = element.scrollHeight;
  }

  thread(id: string, messages: Activity[], notices: Map<string, Activity>) {
    const known = this.threads.get(id) ?? this.newThread(id, messages[0]?.id ?? '');
    const elements = messages.map((activity) => this.message(activity, notices.get(activity.id)));
    for (const [index, element] of elements.entries()) element.classList.toggle('reply', index > 0);
    arrange(known.replies, elements);
    return known.section;
  }

  newThread(id: string, root: string) {
    const replies = make('div', { class: 'replies' });
    const reply = this.use.isChannel && this.use.reply(id, root);
    const section = make('section', { class: 'thread', 'data-thread': id }, replies, reply);
    const made = { section, replies };
    this.threads.set(id, made);
    return made;
  }

  message(activity: Activity, notice: Activity | undefined) {
    const message = this.messages.get(activity.id) ?? new ShownMessage(this.use);
    this.messages.set(activity.id, message);
    message.show(activity, notice);
    return message.element;
  }
}
