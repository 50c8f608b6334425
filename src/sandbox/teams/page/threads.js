// @ts-check

/** @typedef {import('./api.js').Activity} Activity */
/** @typedef {{ id: string, day: string, messages: Activity[] }} Thread */

/** How many replies stay in sight when a thread is folded, and from how many on it is. */
const shownReplies = 3;
const foldFrom = 8;

/**
 * The messages of a conversation in threads: in a channel those of one conversation id, elsewhere each alone. In the order they began.
 * @param {Iterable<Activity>} activities
 * @returns {Thread[]}
 */
export function threadsOf(activities) {
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
 * The last answer each message got that only this person sees, by the id of the message.
 * @param {Iterable<Activity>} activities
 * @returns {Map<string, Activity>}
 */
export function noticesOf(activities) {
  /** @type {Map<string, Activity>} */
  const notices = new Map();
  for (const activity of activities)
    if (activity.local.tone !== 'message') notices.set(activity.replyToId ?? '', activity);
  return notices;
}

/**
 * The messages of a thread that show, and how many are folded away between the first and the last ones.
 * @param {readonly Activity[]} messages
 * @param {boolean} isUnfolded
 */
export function folded(messages, isUnfolded) {
  if (isUnfolded || messages.length < foldFrom) return { shown: messages, hidden: 0 };
  const last = messages.slice(-shownReplies);
  return { shown: [...messages.slice(0, 1), ...last], hidden: messages.length - 1 - shownReplies };
}
