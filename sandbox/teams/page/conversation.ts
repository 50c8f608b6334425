import type { Activity } from './api.ts';
import { arrange, dayName, make } from './dom.ts';
import { type MessageUse, ShownMessage } from './message.ts';

type Thread = { id: string; day: string; messages: Activity[] };

/** Number of replies that a collapsed thread shows; longer threads are collapsed. */
const shownReplies = 3;
const foldFrom = 8;

/** Groups messages into threads: by conversation ID in a channel, elsewhere each message alone. In order of their start. */
function threadsOf(activities: Iterable<Activity>): Thread[] {
  const threads = new Map<string, Thread>();
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

/** Returns the last answer that only this person sees, by the ID of its message. */
function noticesOf(activities: Iterable<Activity>): Map<string, Activity> {
  const notices = new Map<string, Activity>();
  for (const activity of activities)
    if (activity.local.tone !== 'message') notices.set(activity.replyToId ?? '', activity);
  return notices;
}

/** Returns the visible messages of a thread, and the number of collapsed ones in between. */
function folded(messages: readonly Activity[], isUnfolded: boolean) {
  if (isUnfolded || messages.length < foldFrom) return { shown: messages, hidden: 0 };
  const last = messages.slice(-shownReplies);
  return { shown: [...messages.slice(0, 1), ...last], hidden: messages.length - 1 - shownReplies };
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
  days = new Map<string, HTMLElement>();
  unfolded = new Set<string>();

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
    const threads = threadsOf(this.activities.values());
    const notices = noticesOf(this.activities.values());
    const wanted: Element[] = [];
    threads.forEach((thread, index) => {
      if (threads[index - 1]?.day !== thread.day) wanted.push(this.day(thread));
      wanted.push(this.thread(thread, notices));
    });
    if (wanted.length === 0) wanted.push(make('p', { class: 'empty' }, this.use.empty));
    arrange(element, wanted);
    if (follow) element.scrollTop = element.scrollHeight;
  }

  day(thread: Thread) {
    const first = thread.messages[0];
    const known = this.days.get(thread.day) ?? make('div', { class: 'day' }, dayName(first?.timestamp ?? ''));
    this.days.set(thread.day, known);
    return known;
  }

  thread(thread: Thread, notices: Map<string, Activity>) {
    const known = this.threads.get(thread.id) ?? this.newThread(thread);
    const { shown, hidden } = folded(thread.messages, this.unfolded.has(thread.id));
    const elements: HTMLElement[] = shown.map((activity) => this.message(activity, notices.get(activity.id)));
    for (const [index, element] of elements.entries()) element.classList.toggle('reply', index > 0);
    if (hidden > 0) elements.splice(1, 0, this.unfoldButton(thread, hidden));
    arrange(known.replies, elements);
    return known.section;
  }

  newThread(thread: Thread) {
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

  unfoldButton(thread: Thread, hidden: number): HTMLElement {
    const unfold = () => {
      this.unfolded.add(thread.id);
      this.draw();
    };
    return make('button', { class: 'link fold', onclick: unfold }, `Show ${hidden} earlier replies`);
  }

  message(activity: Activity, notice: Activity | undefined) {
    const message = this.messages.get(activity.id) ?? new ShownMessage(this.use);
    this.messages.set(activity.id, message);
    message.show(activity, notice);
    return message.element;
  }
}
