// @ts-check
import { arrange, dayName, make } from './dom.js';
import { ShownMessage } from './message.js';

/** @typedef {import('./api.js').Activity} Activity */
/** @typedef {{ id: string, day: string, messages: Activity[] }} Thread */

/** Number of replies that a collapsed thread shows; longer threads are collapsed. */
const shownReplies = 3;
const foldFrom = 8;

/**
 * Groups messages into threads: by conversation ID in a channel, elsewhere each message alone. In order of their start.
 * @param {Iterable<Activity>} activities
 * @returns {Thread[]}
 */
function threadsOf(activities) {
  /** @type {Map<string, Thread>} */
  const threads = new Map();
  for (const activity of activities) {
    if (activity.local.tone !== 'message') continue;
    const isThread = activity.conversation.id.includes(';messageid=');
    const id = isThread ? activity.conversation.id : activity.id;
    const thread = threads.get(id) ?? { id, day: new Date(activity.timestamp).toDateString(), messages: [] };
    thread.messages.push(activity);
    threads.set(id, thread);
  }
  return [...threads.values()];
}

/**
 * Returns the last answer that only this person sees, by the ID of its message.
 * @param {Iterable<Activity>} activities
 * @returns {Map<string, Activity>}
 */
function noticesOf(activities) {
  /** @type {Map<string, Activity>} */
  const notices = new Map();
  for (const activity of activities)
    if (activity.local.tone !== 'message') notices.set(activity.replyToId ?? '', activity);
  return notices;
}

/**
 * Returns the visible messages of a thread, and the number of collapsed ones in between.
 * @param {readonly Activity[]} messages
 * @param {boolean} isUnfolded
 */
function folded(messages, isUnfolded) {
  if (isUnfolded || messages.length < foldFrom) return { shown: messages, hidden: 0 };
  const last = messages.slice(-shownReplies);
  return { shown: [...messages.slice(0, 1), ...last], hidden: messages.length - 1 - shownReplies };
}

/** @typedef {import('./message.js').MessageUse & { reply: (threadId: string, rootId: string) => HTMLElement, isChannel: boolean,
 *   empty: string }} ConversationUse */

/** Distance from the end within which the page scrolls to new messages, in pixels. */
const nearEnd = 80;

/** The messages of one conversation as one person sees them. */
export class ShownConversation {
  /** @type {Map<string, Activity>} */ activities = new Map();
  /** @type {Map<string, ShownMessage>} */ messages = new Map();
  /** @type {Map<string, { section: HTMLElement, replies: HTMLElement }>} */ threads = new Map();
  /** @type {Map<string, HTMLElement>} */ days = new Map();
  /** @type {Set<string>} */ unfolded = new Set();

  /**
   * @param {HTMLElement} element
   * @param {ConversationUse} use
   */
  constructor(element, use) {
    this.element = element;
    this.use = use;
    element.replaceChildren();
  }

  /** Replaces all messages. */
  load(/** @type {readonly Activity[]} */ activities) {
    const isFirst = this.activities.size === 0;
    this.activities = new Map(activities.map((activity) => [activity.id, activity]));
    this.draw();
    if (isFirst) this.element.scrollTop = this.element.scrollHeight;
  }

  /** Adds or updates a message. */
  put(/** @type {Activity} */ activity) {
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
  showFromTop(/** @type {string} */ id) {
    const message = this.messages.get(id)?.element;
    if (message === undefined) return;
    const top = this.element.scrollTop + message.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
    this.element.scrollTop = Math.min(top - 8, this.element.scrollHeight);
  }

  remove(/** @type {string} */ id) {
    if (this.activities.delete(id)) this.draw();
  }

  lastId() {
    return [...this.activities.keys()].at(-1);
  }

  draw() {
    const { element } = this;
    const follow = this.isAtEnd();
    const threads = threadsOf(this.activities.values());
    const notices = noticesOf(this.activities.values());
    /** @type {Element[]} */
    const wanted = [];
    threads.forEach((thread, index) => {
      if (threads[index - 1]?.day !== thread.day) wanted.push(this.day(thread));
      wanted.push(this.thread(thread, notices));
    });
    if (wanted.length === 0) wanted.push(this.emptyNote());
    arrange(element, wanted);
    if (follow) element.scrollTop = element.scrollHeight;
  }

  emptyNote() {
    return make('p', { class: 'empty' }, this.use.empty);
  }

  day(/** @type {Thread} */ thread) {
    const first = thread.messages[0];
    const known = this.days.get(thread.day) ?? make('div', { class: 'day' }, dayName(first?.timestamp ?? ''));
    this.days.set(thread.day, known);
    return known;
  }

  /**
   * @param {Thread} thread
   * @param {Map<string, Activity>} notices
   */
  thread(thread, notices) {
    const known = this.threads.get(thread.id) ?? this.newThread(thread);
    const { shown, hidden } = folded(thread.messages, this.unfolded.has(thread.id));
    const elements = shown.map((activity) => this.message(activity, notices.get(activity.id)));
    for (const [index, element] of elements.entries()) element.classList.toggle('reply', index > 0);
    if (hidden > 0) elements.splice(1, 0, this.unfoldButton(thread, hidden));
    arrange(known.replies, elements);
    return known.section;
  }

  newThread(/** @type {Thread} */ thread) {
    const replies = make('div', { class: 'replies' });
    const root = thread.messages[0]?.id ?? '';
    const section = make(
      'section',
      { class: 'thread', 'data-thread': thread.id },
      replies,
      this.use.isChannel && this.use.reply(thread.id, root),
    );
    const made = { section, replies };
    this.threads.set(thread.id, made);
    return made;
  }

  unfoldButton(/** @type {Thread} */ thread, /** @type {number} */ hidden) {
    const unfold = () => {
      this.unfolded.add(thread.id);
      this.draw();
    };
    return make('button', { class: 'link fold', onclick: unfold }, `Show ${hidden} earlier replies`);
  }

  message(/** @type {Activity} */ activity, /** @type {Activity | undefined} */ notice) {
    const message = this.messages.get(activity.id) ?? new ShownMessage(this.use);
    this.messages.set(activity.id, message);
    message.show(activity, notice);
    return message.element;
  }
}
