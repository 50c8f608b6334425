/**
 * Whether what people did and the record fit together: each click has the effect that it has in some order of all of them which
 * agrees with what came after what, and none has another.
 */
import {
  type Act,
  causeOf,
  comesOf,
  type ModelState,
  type RecordedEvent,
  type Role,
  statesOf,
} from './request-model.ts';

/** A click that somebody made, how many events the request had before and after it, and what was said; null: nobody answered. */
export interface Made extends Act {
  readonly from: number;
  readonly to: number;
  readonly said: string | null;
  readonly role: Role;
  /** Of what is asked or approved: the start that was chosen; null: none. */
  readonly start: string | null;
  /** When it was answered, by the true clock. */
  readonly at: string;
}

/** So much a clock may be ahead that is believed: to the bot, the time to decide is over so much earlier. */
const aheadMs = 16_000;

const mayBeOver = ({ expiresAt }: ModelState, { at, verb }: Made): boolean =>
  verb === 'remind' && Date.parse(at) + aheadMs >= Date.parse(expiresAt);

/** What a click came to beside what the clock and the run added to it. */
const ownTypes = (own: readonly RecordedEvent[]): string =>
  own
    .map(({ type }) => type)
    // A stop that finds nothing under way ends the run at once.
    .filter((type, index) => !(type === 'expired' && index === 0) && type !== 'attention-needed')
    .join();

function misfitOf(click: Made, events: readonly RecordedEvent[], at: readonly ModelState[]): string | null {
  const cause = causeOf(click);
  const own = events.filter((event) => event.cause === cause);
  const first = own.find(({ type }) => type !== 'expired');
  const come = (stand: ModelState): string => comesOf(stand, click, click.role).join();
  // Said no to at first, the same click may have its effect when it is made once more.
  if (first === undefined || first.revision > click.to) {
    const refusing = at.slice(click.from, click.to + 1).some((one) => come(one) === '' || mayBeOver(one, click));
    return click.said === null || refusing ? null : `${cause} was answered, and nothing had come of it: ${click.said}`;
  }
  // What has had its effect has none again.
  if (first.revision <= click.from) return null;
  const before = at[first.revision - 1];
  const expected = before === undefined ? '' : come({ ...before, causes: [] });
  const found = ownTypes(own);
  return expected === found ? null : `${cause} came to ${found}, and should have come to ${expected}`;
}

/** Nobody loses a right here; a no voids approvals only where somebody said it. */
function wronglyAsked({ type, revision, reason }: RecordedEvent, { objected }: ModelState): string | null {
  const isWrong = reason === 'approvers-changed' || (reason === 'stopped-by-approver' && !objected);
  return isWrong ? `${type} (revision ${revision}) for ${reason}, which nobody brought about` : null;
}

export interface Happened {
  readonly events: readonly RecordedEvent[];
  readonly made: readonly Made[];
  readonly needed: number;
}

/** Returns what does not fit. */
export function misfits({ events, made, needed }: Happened): readonly string[] {
  const at = statesOf(events, needed);
  const wrong: (string | null)[] = made.map((click) => misfitOf(click, events, at));
  for (const event of events) {
    const before = at[event.revision - 1];
    if (before !== undefined) wrong.push(wronglyAsked(event, before));
    if (!event.cause.startsWith('click:')) continue;
    const clicks = made.filter((click) => causeOf(click) === event.cause);
    if (clicks.length === 0) wrong.push(`${event.type} of ${event.cause}, which nobody clicked`);
    if (clicks.every(({ from }) => event.revision <= from))
      wrong.push(`${event.type} before ${event.cause} was clicked`);
    if (event.type === 'approved' && !clicks.some(({ start }) => start === event.notBefore))
      wrong.push(`${event.type} (revision ${event.revision}) with a start that nobody chose: ${event.notBefore}`);
  }
  return wrong.filter((one) => one !== null);
}
