/**
 * Rules for the events of a request, written independently of the code that decides. Detects events that the decision code let
 * through by mistake, and events written without it.
 */
import type { StepName } from '../domain/plan.ts';
import type { Proof } from '../domain/proof.ts';
import type { LifeFault } from '../domain/record/faults.ts';
import type { EventBody, EventBodyOf, EventType } from '../domain/request/events.ts';
import { aboutOf, type Life, type State } from './life.ts';

/** The rule that an event breaks, with details; null: none. */
export type ReplayVerdict = readonly [fault: LifeFault, detail: string] | null;

const states = (life: Life, ...allowed: readonly State[]): ReplayVerdict =>
  allowed.includes(life.state) ? null : ['not-in-this-state', `it was ${life.state}`];

const by = (body: EventBody, ...kinds: readonly string[]): ReplayVerdict =>
  kinds.includes(body.actor.kind) ? null : ['not-theirs', `by ${body.actor.kind} ${body.actor.id}`];

/** Requires a person other than the requester. */
const byAnother = (life: Life, body: EventBody): ReplayVerdict =>
  by(body, 'person') ?? (body.actor.id === life.requester ? ['not-theirs', 'by the one who asked'] : null);

const ofRun = (life: Life, run: number): ReplayVerdict =>
  run === life.runs ? null : ['another-run', `run ${run}, ordered were ${life.runs}`];

const first = (...verdicts: readonly ReplayVerdict[]): ReplayVerdict =>
  verdicts.find((verdict) => verdict !== null) ?? null;
const unless = (holds: boolean, fault: LifeFault, detail: string): ReplayVerdict => (holds ? null : [fault, detail]);

const isDone = (life: Life, step: StepName): boolean => {
  const tried = life.tried.get(step);
  return tried?.run === life.runs && tried.state === 'done';
};

function isNext(life: Life, step: StepName, attempt: number): ReplayVerdict {
  const { stages } = life.question;
  const stage = stages.get(step);
  if (stage === undefined) return ['out-of-turn', `${step} is not in the plan`];
  const early = [...stages].filter(([other, at]) => at < stage && !isDone(life, other)).map(([other]) => other);
  if (early.length > 0) return ['out-of-turn', `${step} before ${early.join(', ')}`];
  const tried = life.tried.get(step);
  const begun = tried !== undefined && tried.run === life.runs;
  const expected = !begun ? 1 : tried.state === 'waiting' ? tried.attempt + 1 : null;
  return unless(attempt === expected, 'out-of-turn', `${step}/${attempt}, expected ${expected ?? 'none'}`);
}

function isUnderWay(
  life: Life,
  { run, step, attempt }: { run: number; step: StepName; attempt: number },
): ReplayVerdict {
  const tried = life.tried.get(step);
  const same = tried?.run === run && tried.attempt === attempt && tried.state === 'under-way';
  return unless(same, 'result-without-intent', `${step}/${attempt} of run ${run}`);
}

function enough(life: Life, people: readonly string[]): ReplayVerdict {
  const distinct = new Set(people.filter((person) => life.approvals.includes(person)));
  const sound = distinct.size === people.length && distinct.size >= life.question.required;
  return unless(sound, 'too-few-approvals', `${distinct.size} of ${life.question.required}, ${people.length} counted`);
}

function approved(life: Life, body: EventBodyOf<'approved'>, time: string): ReplayVerdict {
  const { question, approvals } = life;
  const { id } = body.actor;
  const { counted, required, acknowledgedIrreversible } = body.data;
  return first(
    states(life, 'asked'),
    byAnother(life, body),
    unless(id !== null && !approvals.includes(id), 'approved-twice', `by ${id}`),
    unless(body.planDigest === question.digest, 'approved-another-plan', `${body.planDigest}, not ${question.digest}`),
    unless(time < question.expiresAt, 'out-of-time', `at ${time}, until ${question.expiresAt}`),
    unless(approvals.length < question.required, 'miscounted', `${approvals.length} were enough`),
    unless(
      counted === approvals.length + 1 && required === question.required,
      'miscounted',
      `says ${counted} of ${required}, is ${approvals.length + 1} of ${question.required}`,
    ),
    unless(acknowledgedIrreversible || !question.irreversible, 'not-acknowledged', `by ${id}`),
  );
}

/** Returns whether Azure reports the key, and the agent's identity has the permissions. */
const isProved = (proofs: readonly Proof[]): boolean =>
  ['read-back', 'permission-held'].every((level) =>
    proofs.some((proof) => proof.level === level && proof.outcome === 'proved'),
  );

/** Azure's clock and the clock of the change can differ by two minutes. */
const slack = (since: string): string => (since === '' ? '' : new Date(Date.parse(since) - 2 * 60_000).toISOString());

/** Maximum number of edits, because each restarts the approval deadline. */
const mostChanges = 5;

type Rule<T extends EventType> = (life: Life, body: EventBodyOf<T>, time: string) => ReplayVerdict;

/** Preconditions of each event type. A missing type doesn't compile. */
const rules: { readonly [T in EventType]: Rule<T> } = {
  submitted: () => ['begins-otherwise', 'submitted twice'],
  approved,
  rejected: (life, body) => first(states(life, 'asked', 'ordered'), byAnother(life, body)),
  cancelled: (life, body) =>
    first(
      states(life, 'asked', 'ordered'),
      by(body, 'person', 'operator'),
      unless(body.actor.kind === 'operator' || body.actor.id === life.requester, 'not-theirs', `by ${body.actor.id}`),
    ),
  expired: (life, body, time) =>
    first(
      states(life, 'asked'),
      by(body, 'bot'),
      unless(time >= life.question.expiresAt, 'out-of-time', `at ${time}, until ${life.question.expiresAt}`),
    ),
  'decided-late': (life, body) => first(states(life, 'running', 'stuck', 'ended'), byAnother(life, body)),
  'plan-changed': (life, body) => first(states(life, 'ordered'), by(body, 'bot'), ofRun(life, body.data.run)),
  'request-changed': (life, body, time) =>
    first(
      states(life, 'asked'),
      by(body, 'person'),
      unless(body.actor.id === life.requester, 'not-theirs', `by ${body.actor.id}`),
      unless(time < life.question.expiresAt, 'out-of-time', `at ${time}, until ${life.question.expiresAt}`),
      unless(!life.touched, 'changed-unduly', 'a run of it had begun'),
      unless(life.changes < mostChanges, 'changed-unduly', `changed ${life.changes} times before`),
      unless(aboutOf(body.data.plan) === life.question.about, 'changed-unduly', `to ${aboutOf(body.data.plan)}`),
    ),
  'run-ordered': (life, body) =>
    first(
      states(life, 'asked', 'retried'),
      by(body, 'bot'),
      ofRun({ ...life, runs: life.runs + 1 }, body.data.run),
      enough(life, life.approvals),
    ),
  'run-checked': (life, body, time) =>
    first(
      states(life, 'ordered'),
      by(body, 'bot'),
      ofRun(life, body.data.run),
      enough(life, body.data.counted),
      unless(time >= life.notBefore, 'out-of-time', `at ${time}, not before ${life.notBefore}`),
      unless(!life.objected, 'too-few-approvals', 'an approver stopped a run of it'),
    ),
  'step-intended': (life, body) =>
    first(
      states(life, 'ordered', 'running'),
      by(body, 'bot'),
      ofRun(life, body.data.run),
      unless(life.checked, 'not-checked', `run ${body.data.run}`),
      unless(body.planDigest === life.question.digest, 'approved-another-plan', `${body.planDigest}`),
      unless(!life.stops, 'out-of-turn', `${body.data.step} after somebody wanted the run to stop`),
      isNext(life, body.data.step, body.data.attempt),
    ),
  'step-done': (life, body) => first(states(life, 'running'), by(body, 'bot'), isUnderWay(life, body.data)),
  'step-failed': (life, body) => first(states(life, 'running'), by(body, 'bot'), isUnderWay(life, body.data)),
  'attention-needed': (life, body) =>
    first(states(life, 'ordered', 'running'), by(body, 'bot'), ofRun(life, body.data.run)),
  succeeded: (life, body) => {
    const open = [...life.question.stages.keys()].filter((step) => !isDone(life, step));
    return first(
      states(life, 'running'),
      by(body, 'bot'),
      ofRun(life, body.data.run),
      unless(open.length === 0, 'not-proved', `not done: ${open.join(', ')}`),
      unless(isProved(body.data.proofs), 'not-proved', 'what was proved is less than a success'),
    );
  },
  'use-judged': (life, body, time) => {
    const { answer, run } = body.data;
    const { seeks } = life;
    return first(
      by(body, 'bot'),
      ofRun(life, run),
      unless(seeks !== null, 'not-in-this-state', 'nobody looked for a use, or it was judged before'),
      unless(
        answer.outcome !== 'used' || answer.at >= slack(seeks?.since ?? ''),
        'out-of-time',
        `used before the change`,
      ),
      unless(
        answer.outcome === 'used' || time >= (seeks?.until ?? ''),
        'out-of-time',
        `at ${time}, looked for until ${seeks?.until}`,
      ),
    );
  },
  'stop-requested': (life, body) =>
    first(states(life, 'running'), by(body, 'person', 'operator'), ofRun(life, body.data.run)),
  retried: (life, body) => first(states(life, 'stuck'), by(body, 'person', 'operator')),
  reminded: (life, body) =>
    first(states(life, 'asked'), unless(body.actor.id === life.requester, 'not-theirs', `by ${body.actor.id}`)),
  'given-up': (life, body) => first(states(life, 'stuck'), by(body, 'person', 'operator')),
  'texts-erased': (_life, body) => by(body, 'operator'),
  'clock-set-right': (_life, body) => by(body, 'operator'),
  'evidence-made': (_life, body) => by(body, 'person', 'operator'),
};

const afterTheEnd: readonly EventType[] = [
  'decided-late',
  'use-judged',
  'texts-erased',
  'clock-set-right',
  'evidence-made',
];

const ruleOf = <T extends EventType>({ type }: EventBodyOf<T>): Rule<T> => rules[type];

/** Returns the rule that the next event breaks; null: none. */
export function judgeEvent(life: Life, body: EventBody, time: string): ReplayVerdict {
  if (life.state === 'ended' && !afterTheEnd.includes(body.type)) return ['after-the-end', body.type];
  return ruleOf(body)(life, body, time);
}
