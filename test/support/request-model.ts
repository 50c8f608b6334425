/**
 * What a request may do, in the plain words of the promise: a small machine that knows one event after another and nothing of
 * the program. What people click is held against it.
 */
import { z } from 'zod';

/** An event of a request as it lies in the store. */
export const RecordedEvent = z.object({
  revision: z.number(),
  cause: z.string(),
  type: z.string(),
  time: z.string(),
  actor: z.string().nullable(),
  step: z.string().nullable(),
  /** When the time to decide is over, where the event says so. */
  expiresAt: z.string().nullable(),
});
export type RecordedEvent = z.infer<typeof RecordedEvent>;

export type Verb = 'approve' | 'reject' | 'cancel' | 'stop' | 'retry' | 'give-up' | 'remind';
export type Role = 'requester' | 'approver' | 'nobody';

type Standing = 'none' | 'waiting' | 'ordered' | 'running' | 'attention' | 'over';

/** What matters of a request for what may come next. */
export interface Stand {
  readonly standing: Standing;
  /** The revision that the current question carries on its cards. */
  readonly asking: number;
  readonly approvedBy: readonly (string | null)[];
  readonly reminded: boolean;
  readonly expiresAt: string;
  /** The last step has begun: nothing is left to be stopped. */
  readonly isEnding: boolean;
  /** Clicks that have had their effect: the same one has none again. */
  readonly causes: readonly string[];
}

export const nothingYet: Stand = {
  standing: 'none',
  asking: 0,
  approvedBy: [],
  reminded: false,
  expiresAt: '',
  isEnding: false,
  causes: [],
};

interface Move {
  readonly from: readonly Standing[];
  /** Missing: it stays. */
  readonly to?: Standing;
  readonly asks?: true;
}

const anywhere: readonly Standing[] = ['waiting', 'ordered', 'running', 'attention', 'over'];
const moves: Readonly<Record<string, Move>> = {
  submitted: { from: ['none'], to: 'waiting', asks: true },
  approved: { from: ['waiting'] },
  rejected: { from: ['waiting', 'ordered'], to: 'over' },
  cancelled: { from: ['waiting', 'ordered'], to: 'over' },
  expired: { from: ['waiting'], to: 'over' },
  reminded: { from: ['waiting'] },
  'decided-late': { from: ['running', 'attention', 'over'] },
  'plan-changed': { from: ['ordered'], to: 'waiting', asks: true },
  'run-ordered': { from: ['waiting', 'attention'], to: 'ordered' },
  'run-checked': { from: ['ordered'] },
  'step-intended': { from: ['ordered', 'running'], to: 'running' },
  'step-done': { from: ['running'] },
  'step-failed': { from: ['running'] },
  'stop-requested': { from: ['running'] },
  'attention-needed': { from: ['ordered', 'running'], to: 'attention', asks: true },
  retried: { from: ['attention'] },
  'given-up': { from: ['attention'], to: 'over' },
  succeeded: { from: ['running'], to: 'over' },
  'use-judged': { from: anywhere },
  'evidence-made': { from: anywhere },
};

/** The last of every plan. */
const lastStep = 'verify';

/** One event later. Throws where it may not come there. */
export function follow(stand: Stand, event: RecordedEvent): Stand {
  const move = moves[event.type];
  if (move === undefined || !move.from.includes(stand.standing))
    throw new Error(`${event.type} (revision ${event.revision}) where the request is ${stand.standing}`);
  if (event.type === 'run-ordered' && stand.standing === 'waiting' && stand.approvedBy.length === 0)
    throw new Error(`a run is ordered (revision ${event.revision}) that nobody approved`);
  if (event.type === 'approved' && stand.approvedBy.includes(event.actor))
    throw new Error(`approved twice by the same person (revision ${event.revision})`);
  if (event.type === 'expired' && event.time < stand.expiresAt)
    throw new Error(`expired at ${event.time}, before ${stand.expiresAt}`);
  const asks = move.asks === true;
  return {
    standing: move.to ?? stand.standing,
    asking: asks ? event.revision : stand.asking,
    approvedBy: asks ? [] : event.type === 'approved' ? [...stand.approvedBy, event.actor] : stand.approvedBy,
    reminded: asks ? false : stand.reminded || event.type === 'reminded',
    expiresAt: event.expiresAt ?? stand.expiresAt,
    isEnding:
      event.type === 'run-ordered'
        ? false
        : stand.isEnding || (event.type === 'step-intended' && event.step === lastStep),
    causes: [...stand.causes, event.cause],
  };
}

/** A click as it was made: who, what, on the question of which revision. */
export interface Act {
  readonly person: string;
  readonly role: Role;
  readonly verb: Verb;
  readonly asking: number;
}

/** By what the store knows the click again. Within the hour that a test never reaches, nobody is reminded twice. */
export const causeOf = ({ asking, person, verb }: Act): string =>
  `click:${asking}/${person}/${verb === 'remind' ? 'remind-after-never' : verb}`;

/** What each verb comes to: by whom, in which standing. Two events may be right where the clock decides. */
const outcomes: Readonly<Record<Verb, (stand: Stand, act: Act) => string | null>> = {
  approve: ({ standing, approvedBy }, { person, role }) => {
    if (role !== 'approver') return null;
    if (standing === 'waiting') return approvedBy.includes(person) ? null : 'approved';
    return standing === 'ordered' ? null : 'decided-late';
  },
  reject: ({ standing }, { role }) => {
    if (role !== 'approver') return null;
    return standing === 'waiting' || standing === 'ordered' ? 'rejected' : 'decided-late';
  },
  cancel: ({ standing }, { role }) =>
    role === 'requester' && (standing === 'waiting' || standing === 'ordered') ? 'cancelled' : null,
  stop: ({ standing, isEnding }, { role }) =>
    role !== 'nobody' && standing === 'running' && !isEnding ? 'stop-requested' : null,
  retry: ({ standing }, { role }) => (role !== 'nobody' && standing === 'attention' ? 'retried' : null),
  'give-up': ({ standing }, { role }) => (role !== 'nobody' && standing === 'attention' ? 'given-up' : null),
  remind: ({ standing, reminded }, { role }) =>
    role === 'requester' && standing === 'waiting' && !reminded ? 'reminded' : null,
};

/** The event that a click leads to where the request stands so; null: none. */
export const eventOf = (stand: Stand, act: Act): string | null =>
  act.asking !== stand.asking || stand.causes.includes(causeOf(act)) ? null : outcomes[act.verb](stand, act);

/** How the request stood after each of its events; before all of them it is the first. Throws where one may not have come. */
export function stands(events: readonly RecordedEvent[]): readonly Stand[] {
  const all = [nothingYet];
  for (const event of events) all.push(follow(all.at(-1) ?? nothingYet, event));
  return all;
}

/** A click that somebody made, how many events the request had before and after it, and what was said; null: nobody answered. */
export interface Made extends Act {
  readonly from: number;
  readonly to: number;
  readonly said: string | null;
}

/**
 * Whether the clicks and the record fit together: each click has the effect that it has in some order of all of them which
 * agrees with what came after what, and none has another. Returns what does not fit.
 */
export function misfits(events: readonly RecordedEvent[], made: readonly Made[]): readonly string[] {
  const at = stands(events);
  const wrong: string[] = [];
  for (const event of events.filter(({ cause }) => cause.startsWith('click:'))) {
    const clicks = made.filter((click) => causeOf(click) === event.cause);
    if (clicks.length === 0) wrong.push(`${event.type} of ${event.cause}, which nobody clicked`);
    if (clicks.every(({ from }) => event.revision <= from))
      wrong.push(`${event.type} before ${event.cause} was clicked`);
  }
  for (const click of made) {
    const cause = causeOf(click);
    const own = events.find((event) => event.cause === cause && event.type !== 'expired');
    // Said no to at first, the same click may have its effect when it is made once more.
    if (own === undefined || own.revision > click.to) {
      const refusing = at.slice(click.from, click.to + 1).some((stand) => eventOf(stand, click) === null);
      if (click.said !== null && !refusing)
        wrong.push(`${cause} was answered, and nothing had come of it: ${click.said}`);
      continue;
    }
    const before = at[own.revision - 1];
    const expected = before === undefined ? null : eventOf({ ...before, causes: [] }, click);
    if (expected !== own.type) wrong.push(`${cause} came to ${own.type}, and should have come to ${expected}`);
  }
  return wrong;
}
