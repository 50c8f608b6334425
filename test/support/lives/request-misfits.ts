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
  /** What the person may have been while the click was on its way: more than one thing where a right was moved meanwhile. */
  readonly roles: readonly Role[];
  /** Of what is asked or approved: the start that was chosen; null: none. */
  readonly start: string | null;
  /** Of a change: the key that the form showed as it was submitted; null: of anything else, or nobody knows. */
  readonly key: string | null;
  /** When it was answered, by the true clock. */
  readonly at: string;
}

/** A right that was given or taken away, and how many events the request had before and after that. */
export interface RightMove {
  readonly person: string;
  readonly has: boolean;
  readonly from: number;
  readonly to: number;
}

/** So much a clock may be ahead that is believed: to the bot, the time to decide is over so much earlier. */
const aheadMs = 16_000;

const mayBeOver = ({ expiresAt }: ModelState, { at, verb }: Made): boolean =>
  (verb === 'remind' || verb === 'change') && Date.parse(at) + aheadMs >= Date.parse(expiresAt);

/** What a click came to beside what the clock and the run added to it. */
const ownTypes = (own: readonly RecordedEvent[]): string =>
  own
    .map(({ type }) => type)
    // A stop that finds nothing under way ends the run at once.
    .filter((type, index) => !(type === 'expired' && index === 0) && type !== 'attention-needed')
    .join();

/** What only whoever asked can open was opened for somebody else. */
const openedUnduly = ({ verb, form, said, roles }: Made): boolean =>
  verb === 'change' &&
  form === undefined &&
  /^(\[card\]|The form is below)/.test(said ?? '') &&
  !roles.includes('requester');

function misfitOf(click: Made, events: readonly RecordedEvent[], at: readonly ModelState[]): string | null {
  const cause = causeOf(click);
  if (openedUnduly(click)) return `${cause} opened a form: ${click.said}`;
  const own = events.filter((event) => event.cause === cause);
  const first = own.find(({ type }) => type !== 'expired');
  const come = (stand: ModelState): readonly string[] => click.roles.map((role) => comesOf(stand, click, role).join());
  // Said no to at first, the same click may have its effect when it is made once more.
  if (first === undefined || first.revision > click.to) {
    const refusing = at.slice(click.from, click.to + 1).some((one) => come(one).includes('') || mayBeOver(one, click));
    return click.said === null || refusing ? null : `${cause} was answered, and nothing had come of it: ${click.said}`;
  }
  // What has had its effect has none again.
  if (first.revision <= click.from) return null;
  const before = at[first.revision - 1];
  const expected = before === undefined ? [] : come({ ...before, causes: [] });
  const found = ownTypes(own);
  return expected.includes(found)
    ? null
    : `${cause} came to ${found}, and should have come to ${expected.join(' or ')}`;
}

/** Whether somebody may have had the right, or may have lacked it, at a moment between the two events. */
function mayHave(rights: readonly RightMove[], person: string | null, has: boolean, first: number, last: number) {
  const own = rights.filter((move) => move.person === person);
  const before = own.filter(({ to }) => to < first).at(-1)?.has ?? true;
  return before === has || own.some((move) => move.to >= first && move.from < last && move.has === has);
}

/** Before a run it is asked anew who still is an approver, and for nothing else are approvals void. */
function wronglyChecked(
  event: RecordedEvent,
  before: ModelState,
  ordered: number,
  rights: readonly RightMove[],
): string | null {
  const may = (has: boolean) =>
    before.approvedBy.filter((person) => mayHave(rights, person, has, ordered, event.revision)).length;
  if (event.type === 'run-checked' && may(true) < before.needed)
    return `run-checked (revision ${event.revision}) with ${may(true)} of ${before.needed} who still may approve`;
  if (event.reason === 'approvers-changed' && may(false) === 0)
    return `plan-changed (revision ${event.revision}) for a right that nobody lost`;
  if (event.reason === 'stopped-by-approver' && !before.objected)
    return `plan-changed (revision ${event.revision}) for a no that nobody said`;
  return null;
}

export interface Happened {
  readonly events: readonly RecordedEvent[];
  readonly made: readonly Made[];
  readonly rights: readonly RightMove[];
  readonly needed: number;
}

/** Returns what does not fit. */
export function misfits({ events, made, rights, needed }: Happened): readonly string[] {
  const at = statesOf(events, needed);
  const wrong: (string | null)[] = made.map((click) => misfitOf(click, events, at));
  let ordered = 0;
  for (const event of events) {
    const before = at[event.revision - 1];
    if (event.type === 'run-ordered') ordered = event.revision;
    if (before !== undefined) wrong.push(wronglyChecked(event, before, ordered, rights));
    if (!/^(click|change)[:/]/.test(event.cause)) continue;
    const clicks = made.filter((click) => causeOf(click) === event.cause);
    if (clicks.length === 0) wrong.push(`${event.type} of ${event.cause}, which nobody clicked`);
    if (clicks.every(({ from }) => event.revision <= from))
      wrong.push(`${event.type} before ${event.cause} was clicked`);
    const asked = event.type === 'approved' || event.type === 'request-changed';
    if (asked && !clicks.some(({ start }) => start === event.notBefore))
      wrong.push(`${event.type} (revision ${event.revision}) with a start that nobody chose: ${event.notBefore}`);
    if (event.type === 'request-changed' && !clicks.some(({ key }) => key === null || key === event.key))
      wrong.push(`request-changed (revision ${event.revision}) with a key that nobody chose: ${event.key}`);
  }
  return wrong.filter((one) => one !== null);
}
