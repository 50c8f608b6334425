/** The model of requests says so where a request was changed, reminded of or ended otherwise than the promises allow. */
import { type Made, misfits } from '../../../support/lives/request-misfits.ts';
import { causeOf, type RecordedEvent, type Role, type Verb } from '../../../support/lives/request-model.ts';

const second = (seconds: number): string => new Date(Date.UTC(2026, 2, 2, 12, 0, seconds)).toISOString();

type Told = Partial<Omit<RecordedEvent, 'time'>> & { readonly at?: number };
/** An event; `at`: so many seconds after the first. Each question has a plan of its own, and half a minute. */
const event =
  (type: string, { at = 0, ...more }: Told = {}) =>
  (revision: number, digest: string): RecordedEvent => ({
    ...{ revision, type, cause: `run:${revision}`, time: second(at), actor: null, step: null, digest },
    ...{ expiresAt: null, notBefore: null, reason: null, key: null, ...more },
  });
type Untold = ReturnType<typeof event>;

const asked = (type: string, more: Told = {}): Untold =>
  event(type, { actor: 'ann', expiresAt: second((more.at ?? 0) + 30), key: 'key', ...more });
const submitted = asked('submitted', { cause: 'submit' });
const changed = (more: Told = {}, form = 'F'): Untold => asked('request-changed', { cause: `change/${form}`, ...more });
const approved = (actor: string, asking: number, more: Told = {}): Untold =>
  event('approved', { actor, cause: `click:${asking}/${actor}/approve`, ...more });
const ordered = (actor: string, asking: number): Untold =>
  event('run-ordered', { cause: `click:${asking}/${actor}/approve` });
const reminded = (actor: string, asking: number, more: Told = {}): Untold =>
  event('reminded', { actor, cause: `click:${asking}/${actor}/remind-after-never`, ...more });
const expired = (at: number): Untold => event('expired', { cause: 'timer:expire', at });
const begun = [event('run-checked'), event('step-intended', { step: 'enable-identity' })];

const roles: Readonly<Record<string, Role>> = { ann: 'requester', bob: 'approver', cem: 'approver', dan: 'nobody' };
/** A click that was answered, made when `from` events were there and answered when `to` were. */
const made = (person: string, verb: Verb, from: number, more: Partial<Made> = {}): Made => ({
  ...{ person, verb, asking: 1, from, to: from + 2, said: null, roles: [roles[person] ?? 'nobody'] },
  ...{ start: null, key: null, at: second(0), ...more },
});
const change = (from: number, more: Partial<Made> = {}): Made => made('ann', 'change', from, { form: 'F', ...more });

/** What the model says of it. */
function saidOf(needed: number, told: readonly Untold[], clicks: readonly Made[]): string {
  let digest = '';
  const events = told.map((tell, n) => {
    const one = tell(n + 1, digest);
    if (one.expiresAt !== null) digest = `plan ${n + 1}`;
    return { ...one, digest: one.expiresAt === null ? one.digest : digest };
  });
  try {
    return misfits({ events, made: clicks, rights: [], needed }).join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

it.each<[string, number, readonly Untold[], readonly Made[]]>([
  [
    'a change, and both approve what it is now',
    2,
    [submitted, approved('bob', 1), changed(), approved('bob', 3), approved('cem', 3), ordered('cem', 3)],
    [
      made('bob', 'approve', 1),
      change(2),
      made('bob', 'approve', 3, { asking: 3 }),
      made('cem', 'approve', 4, { asking: 3 }),
    ],
  ],
  ['a change that is submitted twice', 1, [submitted, changed()], [change(1), change(1)]],
  [
    'a change of key and start',
    1,
    [submitted, changed({ key: 'other', notBefore: second(60) })],
    [change(1, { key: 'other', start: second(60) })],
  ],
  [
    'a change that only whoever asked can open',
    1,
    [submitted],
    [made('bob', 'change', 1, { said: 'This isn’t your request.' })],
  ],
  [
    'a reminder, and one of the question after it',
    1,
    [submitted, reminded('ann', 1), changed(), reminded('ann', 3)],
    [made('ann', 'remind', 1), change(2), made('ann', 'remind', 3, { asking: 3 })],
  ],
  ['the end of the time', 1, [submitted, expired(30)], []],
])('fits: %s', (_what, needed, told, clicks) => {
  expect(saidOf(needed, told, clicks)).toBe('');
});

const tooLate = 'decided after its time';
it.each<[string, string, number, readonly Untold[], readonly Made[]]>([
  [
    'a change keeps the approvals of before',
    'a run is ordered that too few approved',
    2,
    [submitted, approved('bob', 1), changed(), approved('cem', 3), ordered('cem', 3)],
    [made('bob', 'approve', 1), change(2), made('cem', 'approve', 3, { asking: 3 })],
  ],
  [
    'a change after the decision',
    'request-changed (revision 4) where the request is ordered',
    1,
    [submitted, approved('bob', 1), ordered('bob', 1), changed()],
    [made('bob', 'approve', 1), change(3)],
  ],
  ['a change after the time', tooLate, 1, [submitted, changed({ at: 30 })], [change(1)]],
  [
    'a sixth change',
    'changed too often',
    1,
    [submitted, ...Array.from({ length: 6 }, (_, n) => changed({}, `F${n}`))],
    [],
  ],
  [
    'a change once a step was begun',
    'changed once something was begun',
    1,
    [
      submitted,
      approved('bob', 1),
      ordered('bob', 1),
      ...begun,
      event('attention-needed'),
      event('retried'),
      event('run-ordered'),
      asked('plan-changed', { actor: null }),
      changed(),
    ],
    [],
  ],
  [
    'a change by an approver',
    'came to request-changed, and should have come to ',
    1,
    [submitted, changed({ actor: 'bob' })],
    [change(1, { person: 'bob', roles: ['approver'] })],
  ],
  [
    'a change of a question of before',
    'came to request-changed, and should have come to ',
    1,
    [submitted, changed({}, 'G'), changed()],
    [change(1, { form: 'G' }), change(2)],
  ],
  [
    'one form that changes twice',
    'came to request-changed,request-changed',
    1,
    [submitted, changed(), changed()],
    [change(1, { to: 4 })],
  ],
  ['a change that nobody made', 'which nobody clicked', 1, [submitted, changed()], []],
  [
    'a change that is confirmed and not stored',
    'was answered, and nothing had come of it',
    1,
    [submitted],
    [change(1, { said: '✓ Changed' })],
  ],
  [
    'a change that loses its start',
    'with a start that nobody chose: null',
    1,
    [submitted, changed()],
    [change(1, { start: second(60) })],
  ],
  [
    'a change that loses its key',
    'with a key that nobody chose: key',
    1,
    [submitted, changed()],
    [change(1, { key: 'other' })],
  ],
  [
    'a form of a change that is opened for an approver',
    'opened a form',
    1,
    [submitted],
    [made('bob', 'change', 1, { said: '[card] Review' })],
  ],
  [
    'an approval of what was asked before',
    'should have come to ',
    1,
    [submitted, changed(), approved('bob', 1), ordered('bob', 1)],
    [change(1), made('bob', 'approve', 2)],
  ],
  [
    'a run of the plan of before',
    'about another plan than is asked about',
    1,
    [submitted, changed(), approved('bob', 2, { digest: 'plan 1' })],
    [],
  ],
  [
    'a run before the start that a change put it off to',
    'begun before its time',
    1,
    [
      submitted,
      changed({ notBefore: second(60) }),
      approved('bob', 2),
      ordered('bob', 2),
      event('run-checked', { at: 59 }),
    ],
    [],
  ],
  [
    'a reminder by an approver',
    'came to reminded, and should have come to ',
    1,
    [submitted, reminded('bob', 1)],
    [made('bob', 'remind', 1)],
  ],
  [
    'a second reminder at once',
    'came to reminded,reminded',
    1,
    [submitted, reminded('ann', 1), reminded('ann', 1)],
    [made('ann', 'remind', 1)],
  ],
  ['a reminder after the time', tooLate, 1, [submitted, reminded('ann', 1, { at: 31 })], [made('ann', 'remind', 1)]],
  [
    'a reminder of what is decided',
    'where the request is over',
    1,
    [submitted, expired(30), reminded('ann', 1, { at: 31 })],
    [],
  ],
  ['an expiry before the time', 'expired before its time', 1, [submitted, expired(29)], []],
  [
    'an expiry by the time of the question before',
    'expired before its time',
    1,
    [submitted, changed({ at: 10 }), expired(31)],
    [change(1)],
  ],
  [
    'an expiry of what is ordered',
    'expired (revision 4) where the request is ordered',
    1,
    [submitted, approved('bob', 1), ordered('bob', 1), expired(31)],
    [made('bob', 'approve', 1)],
  ],
  ['an approval after the time', tooLate, 1, [submitted, approved('bob', 1, { at: 30 })], [made('bob', 'approve', 1)]],
])('does not fit: %s', (_what, says, needed, told, clicks) => {
  expect(saidOf(needed, told, clicks)).toContain(says);
});

it('knows a click by what the store knows it by', () => {
  expect(causeOf(made('ann', 'remind', 1))).toBe('click:1/ann/remind-after-never');
  expect(causeOf(change(1))).toBe('change/F');
});
