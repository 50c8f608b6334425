/** Texts of lists, and of answers to clicks that post something below. */
import { countOf } from './words.ts';

/** `commands`: those that start a request. */
const howToAsk = (commands: readonly string[]): string => `To request a change, type ${commands.join(' or ')}`;

export const requestListWords = {
  /** What a list shows. Before a name or a text, which the card escapes: `by`, `for`, `named`. */
  by: 'Requested by',
  for: 'Waiting for',
  named: 'Named like',
  running: 'Approved, and under way or about to start',
  latest: 'Newest first',
  latestTitle: 'Latest requests',
  title: (id: string): string => `Request ${id}`,
  /** `3 open requests` */
  openTitle: (total: number): string =>
    total === 0 ? 'No open requests' : countOf(total, 'open request', 'open requests'),
  howToAsk,
  none: (commands: readonly string[]): string => `There was no request. ${howToAsk(commands)}`,
};

/** The extent of a history. `requests`: null for one request, or how many the agent has; `most`: how many are shown. */
export function historySubject(entries: number, requests: number | null, most: number): string {
  const counted = `${countOf(entries, 'entry', 'entries')}, oldest first, in your time zone.`;
  if (requests === null) return `${counted} Reasons and comments are on the request’s card.`;
  if (requests <= most) return `${counted} Of ${countOf(requests, 'request', 'requests')}.`;
  return `${counted} Of the newest ${most} of ${requests} requests.`;
}

/** Ends a list of which a card shows a part. `isInRequest`: the request's own card has room for more. */
export const moreWords = (count: number, isInRequest: boolean): string =>
  `and ${count} more${isInRequest ? ': open the request' : ''}`;

/** Answers to a click. */
export const postedBelow = {
  form: 'The form is below.',
  answer: 'The answer is below.',
  card: (id: string): string => `${id} is below.`,
};

/** Replaces a request's card that was opened again further down. */
export const cardMoved = {
  text: 'Its card is further down.',
  fallback: (id: string, name: string): string => `${id} for ${name} is further down.`,
};
