// @ts-check

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

export const clockTime = (/** @type {string} */ iso) => clock.format(new Date(iso));
export const shortDate = (/** @type {Date} */ when) => date.format(when);

/** `Today`, `Yesterday`, or the day's name. */
export function dayName(/** @type {string} */ iso) {
  const then = new Date(iso);
  const now = new Date();
  if (then.toDateString() === now.toDateString()) return 'Today';
  now.setDate(now.getDate() - 1);
  return then.toDateString() === now.toDateString() ? 'Yesterday' : day.format(then);
}
