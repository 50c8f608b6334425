/**
 * Rules for the events of a request, written independently of the code that decides. Detects events that the decision code let
 * through by mistake, and events written without it.
 */
import type { StepName } from '../domain/plan.ts';
import type { Proof } from '../domain/proof.ts';
import type { ReplayFault } from '../domain/record/faults.ts';
import type { EventBody, EventBodyOf, EventType } from '../domain/request/events.ts';
import { aboutOf, type ReplayState, type State } from './replay-state.ts';

/** The rule that an event breaks, with details; null: none. */
type ReplayVerdict = readonly [fault: ReplayFault, detail: string] | null;

const requireState = (replay: ReplayState, ...allowed: readonly State[]): ReplayVerdict =>
  allowed.includes(replay.state) ? null : ['not-in-this-state', `it was ${replay.state}`];

const requireActor = ({ actor }: Pick<EventBody, 'actor'>, ...kinds: readonly string[]): ReplayVerdict =>
  kinds.includes(actor.kind) ? null : ['not-theirs', `by ${actor.kind} ${actor.id}`];

const requireOtherPerson = (replay: ReplayState, body: EventBody): ReplayVerdict =>
  requireActor(body, 'person') ?? (body.actor.id === replay.requester ? ['not-theirs', 'by the requester'] : null);

const requireRequester = (replay: ReplayState, { actor: { id } }: EventBody): ReplayVerdict =>
  failUnless(id === replay.requester, 'not-theirs', `by ${id}`);

const requireRun = (replay: ReplayState, run: number): ReplayVerdict =>
  run === replay.runs ? null : ['another-run', `run ${run}, ordered were ${replay.runs}`];

/** Requires the bot, in the run that was ordered. */
const requireBotRun = (
  replay: ReplayState,
  body: Pick<EventBody, 'actor'> & { readonly data: { readonly run: number } },
  ...states: readonly State[]
): ReplayVerdict => requireState(replay, ...states) ?? requireActor(body, 'bot') ?? requireRun(replay, body.data.run);

const firstFault = (...verdicts: readonly ReplayVerdict[]): ReplayVerdict =>
  verdicts.find((verdict) => verdict !== null) ?? null;
const failUnless = (holds: boolean, fault: ReplayFault, detail: string): ReplayVerdict =>
  holds ? null : [fault, detail];

const isDone = (replay: ReplayState, step: StepName): boolean => {
  const last = replay.attempts.get(step);
  return last?.run === replay.runs && last.state === 'done';
};

function requireNextAttempt(replay: ReplayState, step: StepName, attempt: number): ReplayVerdict {
  const { stages } = replay.question;
  const stage = stages.get(step);
  if (stage === undefined) return ['out-of-turn', `${step} is not in the plan`];
  const early = [...stages].filter(([other, at]) => at < stage && !isDone(replay, other)).map(([other]) => other);
  if (early.length > 0) return ['out-of-turn', `${step} before ${early.join(', ')}`];
  const last = replay.attempts.get(step);
  const begun = last !== undefined && last.run === replay.runs;
  const expected = !begun ? 1 : last.state === 'waiting' ? last.attempt + 1 : null;
  return failUnless(attempt === expected, 'out-of-turn', `${step}/${attempt}, expected ${expected ?? 'none'}`);
}

function isInProgress(
  replay: ReplayState,
  { run, step, attempt }: { run: number; step: StepName; attempt: number },
): ReplayVerdict {
  const last = replay.attempts.get(step);
  const same = last?.run === run && last.attempt === attempt && last.state === 'under-way';
  return failUnless(same, 'result-without-intent', `${step}/${attempt} of run ${run}`);
}

function requireApprovals(replay: ReplayState, people: readonly string[]): ReplayVerdict {
  const distinct = new Set(people.filter((person) => replay.approvals.includes(person)));
  const sound = distinct.size === people.length && distinct.size >= replay.question.required;
  return failUnless(
    sound,
    'too-few-approvals',
    `${distinct.size} of ${replay.question.required}, ${people.length} counted`,
  );
}

function checkApproval(replay: ReplayState, body: EventBodyOf<'approved'>, time: string): ReplayVerdict {
  const { question, approvals } = replay;
  const { id } = body.actor;
  const { counted, required, acknowledgedIrreversible } = body.data;
  return firstFault(
    requireState(replay, 'asked'),
    requireOtherPerson(replay, body),
    failUnless(id !== null && !approvals.includes(id), 'approved-twice', `by ${id}`),
    failUnless(
      body.planDigest === question.digest,
      'approved-another-plan',
      `${body.planDigest}, not ${question.digest}`,
    ),
    failUnless(time < question.expiresAt, 'out-of-time', `at ${time}, until ${question.expiresAt}`),
    failUnless(approvals.length < question.required, 'miscounted', `${approvals.length} were enough`),
    failUnless(
      counted === approvals.length + 1 && required === question.required,
      'miscounted',
      `says ${counted} of ${required}, is ${approvals.length + 1} of ${question.required}`,
    ),
    failUnless(acknowledgedIrreversible || !question.irreversible, 'not-acknowledged', `by ${id}`),
  );
}

const isProved = (proofs: readonly Proof[]): boolean =>
  ['read-back', 'permission-held'].every((level) =>
    proofs.some((proof) => proof.level === level && proof.outcome === 'proved'),
  );

/** Azure's clock and the clock of the change can differ by two minutes. */
const withClockSkew = (since: string): string =>
  since === '' ? '' : new Date(Date.parse(since) - 2 * 60_000).toISOString();

/** Maximum number of edits, because each restarts the approval deadline. */
const maxEdits = 5;

/** A drift has a stream of its own, which `DriftReplay` checks. */
const ofAgent = (): ReplayVerdict => ['not-in-this-state', 'it belongs to an agent, not to a request'];

const attemptEnded = (replay: ReplayState, body: EventBodyOf<'step-done' | 'step-failed'>): ReplayVerdict =>
  firstFault(requireState(replay, 'running'), requireActor(body, 'bot'), isInProgress(replay, body.data));

type Rule<T extends EventType> = (replay: ReplayState, body: EventBodyOf<T>, time: string) => ReplayVerdict;

/** Preconditions of each event type. A missing type doesn't compile. */
const rules: { readonly [T in EventType]: Rule<T> } = {
  submitted: () => ['begins-otherwise', 'submitted twice'],
  approved: checkApproval,
  rejected: (replay, body) => firstFault(requireState(replay, 'asked', 'ordered'), requireOtherPerson(replay, body)),
  cancelled: (replay, body) =>
    firstFault(
      requireState(replay, 'asked', 'ordered'),
      requireActor(body, 'person', 'operator'),
      body.actor.kind === 'operator' ? null : requireRequester(replay, body),
    ),
  expired: (replay, body, time) =>
    firstFault(
      requireState(replay, 'asked'),
      requireActor(body, 'bot'),
      failUnless(time >= replay.question.expiresAt, 'out-of-time', `at ${time}, until ${replay.question.expiresAt}`),
    ),
  'decided-late': (replay, body) =>
    firstFault(requireState(replay, 'running', 'stuck', 'ended'), requireOtherPerson(replay, body)),
  'plan-changed': (replay, body) => requireBotRun(replay, body, 'ordered'),
  'request-changed': (replay, body, time) =>
    firstFault(
      requireState(replay, 'asked'),
      requireActor(body, 'person'),
      requireRequester(replay, body),
      failUnless(time < replay.question.expiresAt, 'out-of-time', `at ${time}, until ${replay.question.expiresAt}`),
      failUnless(!replay.touched, 'changed-unduly', 'a run had started'),
      failUnless(replay.changes < maxEdits, 'changed-unduly', `changed ${replay.changes} times before`),
      failUnless(aboutOf(body.data.plan) === replay.question.about, 'changed-unduly', `to ${aboutOf(body.data.plan)}`),
    ),
  'run-ordered': (replay, body) =>
    firstFault(
      requireState(replay, 'asked', 'retried'),
      requireActor(body, 'bot'),
      requireRun({ ...replay, runs: replay.runs + 1 }, body.data.run),
      requireApprovals(replay, replay.approvals),
    ),
  'run-checked': (replay, body, time) =>
    firstFault(
      requireBotRun(replay, body, 'ordered'),
      requireApprovals(replay, body.data.counted),
      failUnless(time >= replay.notBefore, 'out-of-time', `at ${time}, not before ${replay.notBefore}`),
      failUnless(!replay.objected, 'too-few-approvals', 'an approver stopped a run of it'),
    ),
  'step-intended': (replay, body) =>
    firstFault(
      requireBotRun(replay, body, 'ordered', 'running'),
      failUnless(replay.checked, 'not-checked', `run ${body.data.run}`),
      failUnless(body.planDigest === replay.question.digest, 'approved-another-plan', `${body.planDigest}`),
      failUnless(!replay.stops, 'out-of-turn', `${body.data.step} after someone stopped the run`),
      requireNextAttempt(replay, body.data.step, body.data.attempt),
    ),
  'step-done': attemptEnded,
  'step-failed': attemptEnded,
  'attention-needed': (replay, body) => requireBotRun(replay, body, 'ordered', 'running'),
  succeeded: (replay, body) => {
    const open = [...replay.question.stages.keys()].filter((step) => !isDone(replay, step));
    return firstFault(
      requireBotRun(replay, body, 'running'),
      failUnless(open.length === 0, 'not-proved', `not done: ${open.join(', ')}`),
      failUnless(isProved(body.data.proofs), 'not-proved', 'the verification is less than success requires'),
    );
  },
  'use-judged': (replay, body, time) => {
    const { answer, run } = body.data;
    const { seeks } = replay;
    return firstFault(
      requireActor(body, 'bot'),
      requireRun(replay, run),
      failUnless(seeks !== null, 'not-in-this-state', 'no usage check was pending'),
      failUnless(
        answer.outcome !== 'used' || answer.at >= withClockSkew(seeks?.since ?? ''),
        'out-of-time',
        `used before the change`,
      ),
      failUnless(
        answer.outcome === 'used' || time >= (seeks?.until ?? ''),
        'out-of-time',
        `at ${time}, searched until ${seeks?.until}`,
      ),
    );
  },
  'stop-requested': (replay, body) =>
    firstFault(
      requireState(replay, 'running'),
      requireActor(body, 'person', 'operator'),
      requireRun(replay, body.data.run),
    ),
  retried: (replay, body) => firstFault(requireState(replay, 'stuck'), requireActor(body, 'person', 'operator')),
  'retried-automatically': (replay, body) =>
    firstFault(
      requireState(replay, 'stuck'),
      requireActor(body, 'bot'),
      failUnless(replay.outage, 'out-of-turn', 'the failure wasn’t an outage'),
      failUnless(!replay.retriedAutomatically, 'out-of-turn', 'a second automatic retry'),
      failUnless(!replay.objected, 'too-few-approvals', 'an approver stopped a run of it'),
    ),
  'taken-on': (replay, body) => firstFault(requireState(replay, 'stuck'), requireActor(body, 'person')),
  reminded: (replay, body) => firstFault(requireState(replay, 'asked'), requireRequester(replay, body)),
  'given-up': (replay, body) => firstFault(requireState(replay, 'stuck'), requireActor(body, 'person', 'operator')),
  'texts-erased': (_replay, body) => requireActor(body, 'operator'),
  'clock-set-right': (_replay, body) => requireActor(body, 'operator'),
  'evidence-made': (_replay, body) => requireActor(body, 'person', 'operator'),
  'drift-opened': ofAgent,
  'drift-changed': ofAgent,
  'drift-closed': ofAgent,
};

const allowedAfterEnd: readonly EventType[] = [
  'decided-late',
  'use-judged',
  'texts-erased',
  'clock-set-right',
  'evidence-made',
];

const ruleOf = <T extends EventType>({ type }: EventBodyOf<T>): Rule<T> => rules[type];

/** Returns the rule that the next event breaks; null: none. */
export function judgeEvent(replay: ReplayState, body: EventBody, time: string): ReplayVerdict {
  if (replay.state === 'ended' && !allowedAfterEnd.includes(body.type)) return ['after-the-end', body.type];
  return ruleOf(body)(replay, body, time);
}
