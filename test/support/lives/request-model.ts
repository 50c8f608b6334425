/**
 * What a request may do, in the plain words of the promise: a small machine that knows one event after another and nothing of
 * the program. Its rules are those of the README (*The life of a request*) and of ADRs 8, 24 and 28.
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
  /** Of the plan that it is about. */
  digest: z.string().nullable(),
  /** Of a question: when the time to decide is over. */
  expiresAt: z.string().nullable(),
  /** Of what was asked, and of an approval: the run begins no earlier. */
  notBefore: z.string().nullable(),
  /** Why people are asked again. */
  reason: z.string().nullable(),
});
export type RecordedEvent = z.infer<typeof RecordedEvent>;

export type Verb = 'approve' | 'reject' | 'cancel' | 'stop' | 'retry' | 'give-up' | 'remind';
export type Role = 'requester' | 'approver' | 'nobody';

type Phase = 'none' | 'waiting' | 'ordered' | 'running' | 'attention' | 'over';

/** What matters of a request for what may come next. */
export interface ModelState {
  readonly phase: Phase;
  /** So many approvals its rule wants. */
  readonly needed: number;
  readonly requester: string | null;
  /** The revision that the current question carries on its cards. */
  readonly asking: number;
  /** The plan that is asked about. */
  readonly digest: string | null;
  readonly approvedBy: readonly (string | null)[];
  /** An approver wants no more of it to be done. */
  readonly objected: boolean;
  readonly reminded: boolean;
  readonly expiresAt: string;
  readonly notBefore: string;
  /** The last step has begun: nothing is left to be stopped. */
  readonly isEnding: boolean;
  /** Clicks that have had their effect: the same one has none again. */
  readonly causes: readonly string[];
}

export const nothingYet = (needed: number): ModelState => ({
  phase: 'none',
  needed,
  requester: null,
  asking: 0,
  digest: null,
  approvedBy: [],
  objected: false,
  reminded: false,
  expiresAt: '',
  notBefore: '',
  isEnding: false,
  causes: [],
});

interface Move {
  readonly from: readonly Phase[];
  /** Missing: it stays. */
  readonly to?: Phase;
}

const anywhere: readonly Phase[] = ['waiting', 'ordered', 'running', 'attention', 'over'];
const moves: Readonly<Record<string, Move>> = {
  submitted: { from: ['none'], to: 'waiting' },
  approved: { from: ['waiting'] },
  rejected: { from: ['waiting', 'ordered'], to: 'over' },
  cancelled: { from: ['waiting', 'ordered'], to: 'over' },
  expired: { from: ['waiting'], to: 'over' },
  reminded: { from: ['waiting'] },
  'decided-late': { from: ['running', 'attention', 'over'] },
  'plan-changed': { from: ['ordered'], to: 'waiting' },
  'run-ordered': { from: ['waiting', 'attention'], to: 'ordered' },
  'run-checked': { from: ['ordered'] },
  'step-intended': { from: ['ordered', 'running'], to: 'running' },
  'step-done': { from: ['running'] },
  'step-failed': { from: ['running'] },
  'stop-requested': { from: ['running'] },
  'attention-needed': { from: ['ordered', 'running'], to: 'attention' },
  retried: { from: ['attention'] },
  'taken-on': { from: ['attention'] },
  failed: { from: ['attention'], to: 'over' },
  succeeded: { from: ['running'], to: 'over' },
  'use-judged': { from: anywhere },
  'evidence-made': { from: anywhere },
};

/** People are asked about a plan, and nothing that was said before counts. */
const questions: readonly string[] = ['submitted', 'plan-changed'];
/** Counts only while there is time to decide. */
const inTime: readonly string[] = ['approved', 'rejected', 'reminded'];
/** What an approval covers is the plan that it was given to. */
const ofThePlan: readonly string[] = ['approved', 'rejected', 'run-ordered', 'run-checked', 'step-intended'];
const lastStep = 'verify';

type Broken = (stand: ModelState, event: RecordedEvent) => boolean;

/** What may not be, where each event may stand by itself. */
const promises: Readonly<Record<string, Broken>> = {
  'a run is ordered that too few approved': ({ phase, approvedBy, needed }, { type }) =>
    type === 'run-ordered' && phase === 'waiting' && approvedBy.length < needed,
  'approved by whoever asked': ({ requester }, { type, actor }) => type === 'approved' && actor === requester,
  'approved twice by the same person': ({ approvedBy }, { type, actor }) =>
    type === 'approved' && approvedBy.includes(actor),
  'expired before its time': ({ expiresAt }, { type, time }) => type === 'expired' && time < expiresAt,
  'decided after its time': ({ phase, expiresAt }, { type, time }) =>
    inTime.includes(type) && phase === 'waiting' && time >= expiresAt,
  'begun before its time': ({ notBefore }, { type, time }) =>
    (type === 'run-checked' || type === 'step-intended') && time < notBefore,
  'gone on with after an approver said no': ({ objected }, { type }) => type === 'run-checked' && objected,
  'about another plan than is asked about': ({ digest }, event) =>
    ofThePlan.includes(event.type) && event.digest !== digest,
};

const later = (one: string, other: string): string => (one > other ? one : other);

/** The start that holds: chosen with the request, and put off further by whoever approves. */
function startAfter({ notBefore }: ModelState, event: RecordedEvent): string {
  if (event.type === 'submitted') return event.notBefore ?? '';
  return event.type === 'approved' ? later(notBefore, event.notBefore ?? '') : notBefore;
}

function endingAfter({ isEnding }: ModelState, { type, step }: RecordedEvent): boolean {
  if (type === 'run-ordered' || type === 'step-failed') return false;
  return isEnding || (type === 'step-intended' && step === lastStep);
}

/** One event later. Throws where it may not come there. */
export function follow(stand: ModelState, event: RecordedEvent): ModelState {
  const { type, revision, actor } = event;
  const move = moves[type];
  if (move === undefined || !move.from.includes(stand.phase))
    throw new Error(`${type} (revision ${revision}) where the request is ${stand.phase}`);
  for (const [what, isBroken] of Object.entries(promises))
    if (isBroken(stand, event)) throw new Error(`${what} (revision ${revision}, at ${event.time})`);
  const asks = questions.includes(type);
  const objects = type === 'stop-requested' && actor !== stand.requester;
  return {
    phase: move.to ?? stand.phase,
    needed: stand.needed,
    requester: type === 'submitted' ? actor : stand.requester,
    asking: asks || type === 'attention-needed' ? revision : stand.asking,
    digest: asks ? event.digest : stand.digest,
    approvedBy: asks ? [] : type === 'approved' ? [...stand.approvedBy, actor] : stand.approvedBy,
    objected: !asks && (stand.objected || objects),
    reminded: !asks && (stand.reminded || type === 'reminded'),
    expiresAt: event.expiresAt ?? stand.expiresAt,
    notBefore: startAfter(stand, event),
    isEnding: endingAfter(stand, event),
    causes: [...stand.causes, event.cause],
  };
}

/** How the request stood after each of its events; before all of them it is the first. Throws where one may not have come. */
export function statesOf(events: readonly RecordedEvent[], needed: number): readonly ModelState[] {
  const all = [nothingYet(needed)];
  for (const event of events) all.push(follow(all.at(-1) ?? nothingYet(needed), event));
  return all;
}

/** A click as it was made: who, what, on the question of which revision. */
export interface Act {
  readonly person: string;
  readonly verb: Verb;
  readonly asking: number;
}

/** By what the store knows the click again. Within the hour that a test never reaches, nobody is reminded twice. */
export const causeOf = ({ asking, person, verb }: Act): string =>
  `click:${asking}/${person}/${verb === 'remind' ? 'remind-after-never' : verb}`;

type Comes = readonly string[];
const nothing: Comes = [];
const open: readonly Phase[] = ['waiting', 'ordered'];

/** What a no comes to where the run is under way: nothing more is begun. */
const stopsWhat = ({ phase, isEnding }: ModelState): Comes =>
  phase === 'running' && !isEnding ? ['stop-requested'] : nothing;

/** What each verb comes to: by whom, in which phase. */
const outcomes: Readonly<Record<Verb, (stand: ModelState, person: string, role: Role) => Comes>> = {
  approve: ({ phase, approvedBy, needed }, person, role) => {
    if (role !== 'approver') return nothing;
    if (phase === 'ordered') return nothing;
    if (phase !== 'waiting') return ['decided-late'];
    if (approvedBy.includes(person)) return nothing;
    return approvedBy.length + 1 < needed ? ['approved'] : ['approved', 'run-ordered'];
  },
  reject: (stand, _person, role) => {
    if (role !== 'approver') return nothing;
    return open.includes(stand.phase) ? ['rejected'] : ['decided-late', ...stopsWhat(stand)];
  },
  cancel: ({ phase }, _person, role) => (role === 'requester' && open.includes(phase) ? ['cancelled'] : nothing),
  stop: (stand, _person, role) => (role === 'nobody' ? nothing : stopsWhat(stand)),
  retry: ({ phase }, _person, role) =>
    role !== 'nobody' && phase === 'attention' ? ['retried', 'run-ordered'] : nothing,
  'give-up': ({ phase }, _person, role) => (role !== 'nobody' && phase === 'attention' ? ['failed'] : nothing),
  remind: ({ phase, reminded }, _person, role) =>
    role === 'requester' && phase === 'waiting' && !reminded ? ['reminded'] : nothing,
};

/** The events that a click leads to in that state of the request, of somebody in that role; empty: none. */
export const comesOf = (stand: ModelState, act: Act, role: Role): Comes =>
  act.asking !== stand.asking || stand.causes.includes(causeOf(act))
    ? nothing
    : outcomes[act.verb](stand, act.person, role);
