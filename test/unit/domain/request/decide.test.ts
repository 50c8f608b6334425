import type { Failure } from '../../../../src/domain/failure.ts';
import { KeyName, type PersonId, TenantId } from '../../../../src/domain/ids.ts';
import type { StepName } from '../../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../../src/domain/policy/policy.ts';
import type { SignIn, StepUp } from '../../../../src/domain/policy/sign-in.ts';
import type { Proof } from '../../../../src/domain/proof.ts';
import { consequencesOf } from '../../../../src/domain/request/consequences.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { retriesAutomatically } from '../../../../src/domain/request/decide-attention.ts';
import { mostChanges } from '../../../../src/domain/request/decide-change.ts';
import { operatorActor, personActor, type StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { type Command, longestText, type Submit } from '../../../../src/domain/request/request-command.ts';
import { maxStartAheadMs, startsAt } from '../../../../src/domain/request/start-window.ts';
import { attemptsSoFar } from '../../../../src/domain/retry.ts';
import type { UseAnswer } from '../../../../src/domain/usage-check.ts';
import {
  approvedBy,
  asks,
  asksDue,
  attention,
  cancels,
  changes,
  checks,
  comesTo,
  decides,
  does,
  doneWith,
  escalates,
  eventsAfter,
  expires,
  expiresAt,
  failedWith,
  failure,
  id,
  intends,
  later,
  operates,
  outsider,
  policy,
  proved,
  records,
  reminds,
  requestAfter,
  secondApprover,
  settles,
  stops,
  submit,
  toApproved,
  toAttention,
  toChecked,
  toRunning,
  toSucceeded,
  toVerifying,
  withdraws,
} from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';
import { noon, planFor, ref, spec, vault } from '../../../support/builders/plans.ts';

const awaiting = requestAfter(asks());
const enough = requestAfter(...toApproved);
const withdrawn = requestAfter(...toApproved, withdraws(approver));
const stuck = requestAfter(...toAttention);
const due = requestAfter(asksDue());
const reminded = requestAfter(asks(), reminds());
const harmless = requestAfter(asks(2, planFor({ seen: { vault: vault({ purgeProtection: true }) } })));

const submits = (change: Partial<Submit>) => submit({ plan: planFor(), ...change });
const approves = (change: Parameters<typeof decides>[2] = {}, by: PersonId = approver) =>
  decides('approve', by, change);
const rejects = (change: Parameters<typeof decides>[2] = {}, by: PersonId = approver) => decides('reject', by, change);
const moved = planFor({ seen: { vault: vault({ softDelete: false }) } });
const minutes = (count: number): Date => new Date(noon.getTime() + count * 60_000);
const inHours = (hours: number): string => minutes(hours * 60).toISOString();
const takes = (by: PersonId, roleStatus: RoleStatus, asking = attention, released = false): Command => ({
  do: 'take-on',
  by,
  actor: personActor(by, tenant, 'local'),
  asking,
  roleStatus,
  released,
});
const retries = (change: Parameters<typeof settles>[2] = {}, by: PersonId = requester) =>
  settles('retry', by, { asking: attention, ...change });
const toTaken = [...toAttention, takes(approver, 'yes')];
const takenOn = requestAfter(...toTaken);
const erase: Command = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' };
const tooLong = 'a'.repeat(longestText + 1);

/** For each rule: commands, on which request, and what they come to. */
type Row = readonly [request: Request | null, command: Command, outcome: string, now?: Date];
const rules: Readonly<Record<string, readonly Row[]>> = {
  'a reason is needed, however many spaces it has, and is of the longest length at most': [
    [null, submits({ justification: ' \n ' }), 'reason-missing'],
    [null, submits({ justification: 'a'.repeat(longestText) }), 'submitted'],
    [null, submits({ justification: tooLong }), 'text-too-long'],
    [awaiting, rejects({ comment: tooLong }), 'text-too-long'],
  ],
  'a reject or an end without a reason is refused, but not a reject of a run': ['', '   ', '\u200b\n'].flatMap(
    (comment): Row[] => [
      [awaiting, rejects({ comment }), 'reason-missing'],
      [stuck, settles('give-up', requester, { asking: attention, comment }), 'reason-missing'],
      [requestAfter(...toRunning), rejects({ comment }), 'decided-late stop-requested'],
    ],
  ),
  'a requester who lost the role cannot have a request approved, but rejected and cancelled': (
    [
      ['no', 'requester-lost-role'],
      ['none-configured', 'requester-lost-role'],
      ['unknown', 'cannot-check-requester'],
    ] as const
  ).flatMap(([requesterStatus, code]): Row[] => [
    [awaiting, approves({ requesterStatus }), code],
    [awaiting, rejects({ requesterStatus }), 'rejected'],
  ]),
  'a person whose role is not known to be there is refused, on an old card too': (
    [
      ['no', 'not-an-approver'],
      ['unknown', 'cannot-check-membership'],
      ['none-configured', 'no-approvers-configured'],
    ] as const
  ).flatMap(([roleStatus, code]): Row[] => [
    [awaiting, approves({ roleStatus }, outsider), code],
    [awaiting, approves({ roleStatus, asking: 0 }, outsider), code],
    [awaiting, rejects({ roleStatus }, outsider), code],
  ]),
  'approvals are counted up to the last one needed, and only for the question that was asked': [
    [enough, approves({ roleStatus: 'yes' }, outsider), 'already-approved'],
    [awaiting, approves({ asking: 2 }), 'stale-card'],
  ],
  'only an own approval is withdrawn, once, and before a step began; then it can be given again, by a new click': [
    [withdrawn, withdraws(approver, withdrawn.asking), 'not-approved-by-you'],
    [withdrawn, withdraws(secondApprover, withdrawn.asking), 'approval-withdrawn'],
    [withdrawn, approves(), 'stale-card'],
    [withdrawn, approves({ asking: withdrawn.asking }), 'approved run-ordered'],
    [requestAfter(...toAttention, retries()), withdraws(approver, attention), 'run-started'],
    [enough, withdraws(approver), 'approval-withdrawn expired', later],
  ],
  'no tick is wanted where everything can be undone, and none to reject': [
    [harmless, approves({ acknowledged: false }), 'approved'],
    [awaiting, rejects({ acknowledged: false }), 'rejected'],
  ],
  'decisions are refused from the end on, even when the timer has not come yet': [
    [awaiting, approves(), 'approved', new Date(later.getTime() - 1)],
    [awaiting, approves(), 'expired decided-late', later],
    [awaiting, rejects(), 'expired decided-late', later],
    [awaiting, approves({ roleStatus: 'no' }), 'not-an-approver', later],
    [reminded, reminds(requester), 'not-awaiting-approval', later],
  ],
  'an escalation comes once for a question, in its time, and to none who asked or approved': [
    [due, escalates(approver), 'reminded'],
    [due, escalates(approver), 'not-awaiting-approval', minutes(-1)],
    [due, escalates(approver), 'not-awaiting-approval', later],
    [awaiting, escalates(approver), 'not-awaiting-approval'],
    [due, escalates(requester), 'not-awaiting-approval'],
    [requestAfter(asksDue(), approves()), escalates(approver), 'not-awaiting-approval'],
    [requestAfter(asksDue(), escalates(approver)), escalates(approver), 'not-awaiting-approval'],
    [requestAfter(asksDue(), escalates(approver), changes({ policy: due.policy })), escalates(approver), 'reminded'],
    [requestAfter(asksDue(), cancels()), escalates(approver), 'not-awaiting-approval'],
  ],
  'a request is taken on by those who can act on it': [
    [stuck, takes(approver, 'yes'), 'taken-on'],
    [stuck, takes(requester, 'no'), 'taken-on'],
    [stuck, takes(outsider, 'no'), 'not-an-operator'],
    [stuck, takes(outsider, 'unknown'), 'cannot-check-membership'],
    [stuck, takes(approver, 'yes', attention - 1), 'stale-card'],
    [takenOn, takes(approver, 'yes'), 'nothing'],
    [takenOn, takes(requester, 'no', attention, true), 'nothing'],
    [takenOn, takes(approver, 'yes', attention, true), 'taken-on'],
    [requestAfter(...toTaken, takes(approver, 'yes', attention, true)), takes(approver, 'yes'), 'taken-on'],
    [requestAfter(...toChecked), takes(approver, 'yes', 1), 'not-needing-attention'],
  ],
  'what needs attention is retried by an operator, and by none while a role is lost or unknown': [
    [stuck, operates('retry', attention), 'retried run-ordered'],
    [stuck, retries({ roleStatus: 'unknown' }, outsider), 'cannot-check-membership'],
    [stuck, retries({ roleStatus: 'yes', requesterStatus: 'no' }, outsider), 'requester-lost-role'],
    [stuck, retries({ requesterStatus: 'unknown' }), 'cannot-check-requester'],
  ],
  'an edit of nothing is refused, also when Azure moved, which is seen before the run in any case': [
    [awaiting, changes({ justification: ` ${awaiting.justification} ` }), 'nothing-changed'],
    [awaiting, changes({ justification: awaiting.justification ?? '', plan: moved }), 'nothing-changed'],
    [awaiting, changes({ justification: awaiting.justification ?? '', notBefore: inHours(13) }), 'request-changed'],
  ],
  'an operator can stop a run, and nobody its last step': [
    [requestAfter(...toRunning), operates('stop', 1), 'stop-requested'],
    [requestAfter(...toVerifying), settles('stop', requester), 'run-ending'],
  ],
};

test.each(Object.entries(rules))('%s', (_rule, rows) => {
  for (const [n, [request, command, outcome, now]] of rows.entries())
    expect([n, comesTo(request, command, now)]).toEqual([n, outcome]);
});

describe('approving', () => {
  it('wants the tick for what cannot be undone, and names how many steps', () => {
    const refused = decide(awaiting, approves({ acknowledged: false }), noon);
    expect(refused).toEqual({ kind: 'refused', code: 'acknowledge-irreversible', fact: '1' });
  });

  it('records the digest it is for, for whom, and where it stands in the count', () => {
    const [, approved] = eventsAfter(...approvedBy(approver));
    expect(approved?.body).toMatchObject({
      type: 'approved',
      actor: { kind: 'person', id: approver, tenantId: tenant, signIn: 'local' },
      planDigest: '1'.repeat(64),
      onBehalfOf: requester,
      result: 'approved',
      data: { acknowledgedIrreversible: true, quick: true, counted: 1, required: 2 },
    });
  });
});

const asAnother = { actor: personActor(requester, tenant, 'local') };
const asOperator = { actor: operatorActor('duty') };

it.each([
  ['approve', { ...decides('approve', approver), ...asAnother }],
  ['reject', { ...decides('reject', approver), ...asAnother }],
  ['cancel', { ...cancels(approver), ...asAnother }],
  ['approve, at the command line', { ...decides('approve', approver), ...asOperator }],
  ['submit', submit({ plan: planFor(), by: approver })],
] as const)('a click to %s in the name of another is a bug that stores nothing', (_verb, command) => {
  expect(() => decide(awaiting, command as Command, noon)).toThrow('is handed in as');
});

type Change = Parameters<typeof failure>[0];
const unavailable = { next: 'wait', status: 503, code: 'ServiceUnavailable' } as const;
const stuckBy = (change: Change): readonly Command[] => [
  ...toRunning,
  records(1, failedWith('enable-identity', null, 1, change)),
];
const outage = stuckBy(unavailable);
const retriesItself = (asking = attention): Command => ({ do: 'retry-automatically', asking });

describe('the automatic retry', () => {
  it.each<[string, Change, boolean]>([
    ['503 after all attempts', unavailable, true],
    ['a refusal', { next: 'ask', status: 403 }, false],
    ['a permission that never arrived', { next: 'retry-until', status: 403 }, false],
  ])('%s', (_what, change, expected) => {
    const request = requestAfter(...stuckBy(change));
    expect(retriesAutomatically(request)).toBe(expected);
    expect(comesTo(request, retriesItself())).toBe(expected ? 'retried run-ordered' : 'not-needing-attention');
    const rows = consequencesOf(request, eventsAfter(...stuckBy(change)));
    expect(rows.filter(({ kind }) => kind === 'retry').map(({ key }) => key)).toEqual(expected ? [`${attention}`] : []);
  });

  it('comes once until a person retries', () => {
    const again = [checks({ run: 2 }), intends(2), records(2, failedWith('enable-identity', null, 1, unavailable))];
    const twice = [...outage, retriesItself(), ...again];
    const request = requestAfter(...twice);
    expect(request).toMatchObject({ state: 'needs-attention', retriedAutomatically: true });
    expect(comesTo(request, retriesItself(request.asking))).toBe('not-needing-attention');
    const third = [checks({ run: 3 }), intends(3), records(3, failedWith('enable-identity', null, 1, unavailable))];
    const byHand = requestAfter(...twice, settles('retry', requester, { asking: request.asking }), ...third);
    expect(comesTo(byHand, retriesItself(byHand.asking))).toBe('retried run-ordered');
  });

  it('doesn’t override a person who stopped the run', () => {
    const stopped = requestAfter(...toRunning, settles('stop', approver, { roleStatus: 'yes' }), stops());
    expect(retriesAutomatically(stopped)).toBe(false);
  });
});

describe('an edit', () => {
  const otherKey = planFor({ wished: spec({ keyName: KeyName.parse('cmk-other') }) });
  const { justification } = awaiting;

  it('voids every approval so far, and asks anew about what it is now', () => {
    const request = requestAfter(...approvedBy(approver), reminds(), changes({ plan: otherKey }));
    expect(request).toMatchObject({
      state: 'awaiting-approval',
      asking: 4,
      digest: '3'.repeat(64),
      plan: otherKey,
      approvals: [],
      changes: 1,
      remindedAt: null,
      justification: 'For another reason',
      changedFrom: { plan: planFor(), justification, notBefore: null },
    });
    // Who had approved decides again, and one of two is not enough.
    expect(comesTo(request, approves({ asking: 4 }))).toBe('approved');
    expect(requestAfter(asks(), changes(), erase)).toMatchObject({
      justification: null,
      changedFrom: { justification: null },
    });
  });

  it(`ends after ${mostChanges} times: nothing is kept open for ever by changing it`, () => {
    const again = Array.from({ length: mostChanges }, (_, n) =>
      changes({ asking: n + 1, justification: `For reason ${n}` }),
    );
    const request = requestAfter(asks(), ...again);
    expect(request.changes).toBe(mostChanges);
    expect(comesTo(request, changes({ asking: request.asking }))).toBe('changed-too-often');
  });

  it('cannot be once a run had begun: what it made for one plan must not serve another', () => {
    const retried = [...toAttention, retries()];
    const request = requestAfter(...retried, checks({ run: 2, roleStatuses: {} }));
    expect(request).toMatchObject({ state: 'awaiting-approval', touched: true });
    expect(comesTo(request, changes({ asking: request.asking }))).toBe('change-half-done');
  });

  it('is for the same agent and operation, or it is another request', () => {
    const otherAgent = planFor({ wished: spec({ resource: ref('bot-ward') }) });
    expect(() => decide(awaiting, changes({ plan: otherAgent }), noon)).toThrow('another resource');
  });
});

describe('stopping a run', () => {
  const stopsIt = settles('stop', requester);
  const stopped = {
    state: 'needs-attention',
    stop: null,
    step: null,
    failure: { source: 'bot', next: 'ask', found: { code: 'stopped', by: requester, operator: null } },
  };
  const done = records(1, doneWith('enable-identity'));
  const planned = Array(4).fill({ state: 'planned' });

  it.each<[string, readonly Command[], object]>([
    ['lets the step be finished', [stopsIt, done], { ...stopped, progress: [{ state: 'done' }, ...planned] }],
    [
      'does not try again what did not work',
      [stopsIt, records(1, failedWith('enable-identity', '2026-03-02T12:01:00.000Z'))],
      { ...stopped, progress: [{ state: 'failed', retryAt: null }, ...planned] },
    ],
    [
      'is what a reject comes to that an approver sends while it runs',
      [rejects({}, secondApprover), done],
      { failure: { found: { code: 'stopped', by: secondApprover } } },
    ],
  ])('while a step runs %s', (_what, commands, expected) => {
    expect(requestAfter(...toRunning, ...commands)).toMatchObject(expected);
  });

  it.each([
    ['stops', settles('stop', secondApprover, { roleStatus: 'yes' })],
    ['rejects', rejects({}, secondApprover)],
  ])('has the approvers asked again before another run when an approver %s, whatever was approved', (_how, command) => {
    const ended = [...toRunning, command, done];
    const retried = [...ended, settles('retry', requester, { asking: requestAfter(...ended).asking })];
    expect(requestAfter(...retried)).toMatchObject({ state: 'approved', objected: true });
    expect(requestAfter(...retried, checks({ run: 2 }))).toMatchObject({
      state: 'awaiting-approval',
      approvals: [],
      objected: false,
      replaced: { reason: 'stopped-by-approver' },
    });
  });

  it('by an operator keeps the approvals, as from the command line', () => {
    const duty = { roleStatus: 'yes', asOperator: true } as const;
    const ended = [...toRunning, settles('stop', outsider, duty), done];
    const retry = settles('retry', outsider, { ...duty, asking: requestAfter(...ended).asking });
    expect(requestAfter(...ended, retry, checks({ run: 2 }))).toMatchObject({ objected: false, checked: 2 });
  });

  it('ends it at once after a retry, when an earlier run was lost in the middle of a step', () => {
    const lost = [...toChecked, ...does('enable-identity'), intends(1, 'grant-key-access'), stops(1)];
    const { asking } = requestAfter(...lost);
    const next = [settles('retry', requester, { asking }), checks({ run: 2 }), ...does('enable-identity', {}, 2)];
    const again = settles('stop', requester, { asking });
    expect(comesTo(requestAfter(...lost, ...next), again)).toBe('stop-requested attention-needed');
    expect(requestAfter(...lost, ...next, again)).toMatchObject(stopped);
  });
});

/** A success that goes on being looked at: until the use of the key is judged, once. */

const withinMs = 1_800_000;
const succeeded = (more: object): readonly StoredEvent[] =>
  eventsAfter(...toSucceeded.map((command) => (command.do === 'record' ? { ...command, ...more } : command)));
const looked = succeeded({ useWithinMs: withinMs });
const until = new Date(noon.getTime() + withinMs);
const used: UseAnswer = {
  outcome: 'used',
  at: noon.toISOString(),
  operation: 'KeyWrap',
  knownBy: 'object-id',
  allowedBy: { by: 'not-told' },
};
const unknown: UseAnswer = { outcome: 'unknown', why: { code: 'not-asked' } };
const judge = (events: readonly StoredEvent[], answer: UseAnswer, now: Date, run = 1) =>
  decide(fold(id, events), { do: 'judge-use', run, answer }, now);
const judgedAfter = (events: readonly StoredEvent[], answer: UseAnswer, now: Date): readonly StoredEvent[] => {
  const decision = judge(events, answer, now);
  if (decision.kind === 'refused') throw new Error(decision.code);
  const place = { seq: events.length + 1, revision: events.length + 1, cause: 'x' };
  const time = now.toISOString();
  return [...events, ...decision.events.map(({ body }) => ({ ...place, time, body, texts: {} }))];
};

describe('the use of a key', () => {
  it('is looked for from the success on until a time that it says, and the log is asked at once', () => {
    const request = fold(id, looked);
    const use = { since: noon.toISOString(), until: until.toISOString(), judged: null };
    expect(request).toMatchObject({ state: 'succeeded', use });
    if (request === null) throw new Error('no request');
    const row = { kind: 'use', key: '1', dueAt: noon.toISOString() };
    expect(consequencesOf(request, looked.slice(-1))).toContainEqual(row);
  });

  it('or that nobody knows it, is judged at the deadline and not before, once, and for the run that succeeded', () => {
    expect(() => judge(looked, unknown, new Date(until.getTime() - 1))).toThrow('before');
    expect(judge(looked, unknown, until)).toMatchObject({ kind: 'accepted' });
    const judged = judgedAfter(looked, unknown, until);
    expect(judge(judged, used, until)).toMatchObject({ kind: 'refused', code: 'request-ended' });
    expect(() => judge(looked, used, noon, 2)).toThrow('run 2');
    expect(judge(looked.slice(0, -1), used, noon)).toMatchObject({ kind: 'refused' });
  });
});

const asksFor = (notBefore: string | null): Command => ({ ...(asks() as Submit), notBefore });
const approvals = (first: string | null, second: string | null = null) => [
  approves({ notBefore: first }),
  approves({ notBefore: second }, secondApprover),
];

describe('a start that is put off', () => {
  it.each([
    ['has passed', inHours(0), 'start-passed'],
    ['is too far ahead', new Date(noon.getTime() + maxStartAheadMs + 1).toISOString(), 'start-too-far'],
  ])('is refused where it %s, of whoever asks and whoever approves', (_what, notBefore, code) => {
    expect(decide(null, asksFor(notBefore), noon)).toMatchObject({ kind: 'refused', code });
    expect(comesTo(requestAfter(asks()), decides('approve', approver, { notBefore }))).toBe(code);
  });

  it('holds the run back until then, and nothing else', () => {
    const events = eventsAfter(asksFor(inHours(30)), ...approvals(null));
    const request = requestAfter(asksFor(inHours(30)), ...approvals(null));
    expect(request).toMatchObject({ state: 'approved', notBefore: inHours(30) });
    expect(startsAt(request)).toBe(inHours(30));
    const rows = consequencesOf(request, events.slice(-2));
    expect(rows.filter(({ kind }) => kind === 'run')).toEqual([{ kind: 'run', key: '1', dueAt: inHours(30) }]);
    expect(rows.filter(({ kind }) => kind === 'show')).toEqual([{ kind: 'show', key: '', dueAt: noon.toISOString() }]);
    expect(comesTo(request, cancels(requester))).toBe('cancelled');
    expect(comesTo(request, decides('reject', approver))).toBe('rejected');
  });

  it.each([
    ['by the second of two', null, [null, inHours(20)], inHours(20)],
    ['and not brought forward', inHours(20), [inHours(10), inHours(5)], inHours(20)],
  ] as const)('can be put off by whoever approves: %s', (_how, asked, [first, second], expected) => {
    expect(requestAfter(asksFor(asked), ...approvals(first, second))).toMatchObject({ notBefore: expected });
  });

  it('is kept by the rules themselves, whoever begins too early', () => {
    const request = requestAfter(asksFor(inHours(1)), ...approvals(null));
    expect(() => decide(request, checks(), noon)).toThrow('at the earliest');
    const then = decide(request, checks(), new Date(inHours(1)));
    expect(then).toMatchObject({ kind: 'accepted', events: [{ body: { type: 'run-checked' } }] });
  });
});

/** Approving where it needs a sign-in of its own: `c1`, at most ten minutes old. */
describe('a sign-in to approve', () => {
  const stepUp = { context: 'c1', maxAgeMs: 10 * 60_000 };
  const awaiting = requestAfter(asks(1));
  const minutesBefore = (minutes: number): string => new Date(noon.getTime() - minutes * 60_000).toISOString();

  const signedIn = (change: Partial<SignIn> = {}): SignIn => ({
    person: approver,
    tenantId: TenantId.parse(tenant),
    signedInAt: minutesBefore(2),
    contexts: ['c1'],
    methods: ['fido'],
    how: 'browser',
    ...change,
  });
  const shows = (signIn: SignIn | null, change = {}) => approves({ stepUp, signIn, ...change });

  it.each<[string, Partial<SignIn>, string]>([
    ['a fresh and strong one', {}, 'approved run-ordered'],
    ['somebody else’s', { person: secondApprover }, 'sign-in-other-person'],
    ['one of another tenant', { tenantId: TenantId.parse(`3${tenant.slice(1)}`) }, 'sign-in-other-person'],
    ['one that meets no context', { contexts: [] }, 'sign-in-too-weak'],
    ['one that meets another context', { contexts: ['c2', 'c11', 'C1', ''] }, 'sign-in-too-weak'],
    ['one of ten minutes', { signedInAt: minutesBefore(10) }, 'approved run-ordered'],
    ['one of ten minutes and a second', { signedInAt: minutesBefore(10 + 1 / 60) }, 'sign-in-too-old'],
    ['one of a minute to come, as clocks differ', { signedInAt: minutesBefore(-1) }, 'approved run-ordered'],
    ['one of two minutes to come', { signedInAt: minutesBefore(-2) }, 'sign-in-unverifiable'],
  ])('%s', (_, change, outcome) => expect(comesTo(awaiting, shows(signedIn(change)))).toBe(outcome));

  it.each<[string, Request, Command, string]>([
    ['one is asked for where none is shown', awaiting, shows(null), 'sign-in-needed'],
    ['an outsider isn’t asked for one', awaiting, shows(null, { roleStatus: 'no' }), 'not-an-approver'],
    ['nor one who approved', requestAfter(...approvedBy(approver)), shows(null), 'already-approved-by-you'],
    ['nor the requester', awaiting, approves({ stepUp }, requester), 'own-request'],
  ])('%s', (_, request, command, outcome) => expect(comesTo(request, command)).toBe(outcome));

  it('records what was signed in with, and nothing where it was not asked for', () => {
    const [, asked] = eventsAfter(asks(1), shows(signedIn()));
    expect(asked?.body).toMatchObject({ type: 'approved', data: { signIn: signedIn() } });
    const [, notAsked] = eventsAfter(asks(1), approves({ signIn: signedIn() }));
    expect(notAsked?.body).toMatchObject({ type: 'approved', data: { signIn: null } });
  });
});

const roleStatuses = { [approver]: 'yes', [secondApprover]: 'yes' } as const;
const verified = (proofs: readonly Proof[]) => records(1, doneWith('verify', { proofs }));

describe('the check before a run', () => {
  it('asks again when Azure has moved: a new digest, and no approval counts', () => {
    const asked = requestAfter(...toApproved, checks({ plan: moved }));
    expect(asked).toMatchObject({
      state: 'awaiting-approval',
      digest: '2'.repeat(64),
      approvals: [],
      asking: 5,
      replaced: { reason: 'effects-not-covered', plan: planFor() },
    });
    expect(asked.plan).toEqual(moved);
    expect(comesTo(asked, decides('approve', approver))).toBe('stale-card');
    expect(comesTo(asked, decides('approve', approver, { asking: 5 }))).toBe('approved');
    expect(comesTo(asked, intends())).toBe('request-ended');
  });

  it.each(['no', 'unknown', 'none-configured'] as const)(
    'stops when the roleStatus of whoever asked has become %s, and the approvals hold',
    (requesterStatus) => {
      const stuck = requestAfter(...toApproved, checks({ requesterStatus }));
      expect(stuck).toMatchObject({ state: 'needs-attention', failure: { found: { code: 'requester-lost-role' } } });
      expect(stuck.approvals).toHaveLength(2);
    },
  );

  it('counts by the stricter of the number of approvals then and now', () => {
    const oneIsLeft = { ...roleStatuses, [secondApprover]: 'no' } as const;
    const approved = requestAfter(...toApproved);
    expect(comesTo(approved, checks({ policy: policy(1), roleStatuses: oneIsLeft }))).toBe('plan-changed');
    expect(comesTo(approved, checks({ policy: policy(3) }))).toBe('plan-changed');
    expect(requestAfter(...toApproved, checks({ roleStatuses: oneIsLeft }))).toMatchObject({
      replaced: { reason: 'approvers-changed' },
    });
    expect(comesTo(approved, checks({ policy: policy(1) }))).toBe('run-checked');
  });

  it('asks again when approving has come to need a sign-in since, or a stronger one', () => {
    const stepUp = { context: 'c1', maxAgeMs: 600_000 };
    const signIn = (by: PersonId, contexts: string[]) => ({
      person: by,
      tenantId: TenantId.parse(tenant),
      signedInAt: noon.toISOString(),
      contexts,
      methods: [],
      how: 'browser' as const,
    });
    const approved = (contexts: string[]) =>
      [approver, secondApprover].map((by) => decides('approve', by, { stepUp, signIn: signIn(by, contexts) }));
    const outcome = (given: readonly Command[], wanted: StepUp | null) =>
      comesTo(requestAfter(asks(), ...given), checks({ stepUp: wanted }));
    expect(outcome(toApproved.slice(1), null)).toBe('run-checked');
    expect(outcome(toApproved.slice(1), stepUp)).toBe('plan-changed');
    expect(outcome(approved(['c1']), stepUp)).toBe('run-checked');
    expect(outcome(approved(['c1']), { ...stepUp, context: 'c2' })).toBe('plan-changed');
    expect(outcome(approved(['c1']), null)).toBe('run-checked');
    expect(requestAfter(...toApproved, checks({ stepUp }))).toMatchObject({
      state: 'awaiting-approval',
      approvals: [],
      replaced: { reason: 'sign-in-missing' },
    });
  });

  describe('an approval that ended before the run began', () => {
    const hours = (n: number) => new Date(noon.getTime() + n * 3_600_000);
    // There were 72 hours to decide, and it was decided at once.
    it('carries the run until then, and asks again from then on', () => {
      const approved = requestAfter(...toApproved);
      expect(comesTo(approved, checks(), new Date(hours(72).getTime() - 1))).toBe('run-checked');
      expect(comesTo(approved, checks(), hours(72))).toBe('plan-changed');
      const decision = decide(approved, checks(), hours(72));
      expect(decision).toMatchObject({ events: [{ body: { data: { reason: 'approval-ended' } } }] });
    });

    it('lasts as long from the scheduled start', () => {
      const notBefore = hours(100).toISOString();
      const approved = requestAfter(
        submit({ notBefore, plan: planFor(), digest: '1'.repeat(64), policy: policy() }),
        ...toApproved.slice(1),
      );
      expect(comesTo(approved, checks(), hours(171))).toBe('run-checked');
      expect(comesTo(approved, checks(), hours(172))).toBe('plan-changed');
    });

    it('doesn’t carry a retry, whoever selects it', () => {
      for (const who of [retries(), operates('retry', attention)]) {
        const retried = requestAfter(...toAttention, who);
        expect(comesTo(retried, checks({ run: 2 }), hours(71))).toBe('run-checked');
        expect(comesTo(retried, checks({ run: 2 }), hours(400 * 24))).toBe('plan-changed');
      }
    });

    it('lets none begin minutes after its check, until it is checked again', () => {
      const minutes = (n: number) => new Date(Date.parse(requestAfter(...toChecked).changedAt) + n * 60_000);
      expect(comesTo(requestAfter(...toChecked), intends(), minutes(5))).toBe('step-intended');
      expect(comesTo(requestAfter(...toChecked), intends(), minutes(6))).toBe('check-too-old');
      expect(comesTo(requestAfter(...toChecked), checks(), minutes(6))).toBe('run-checked');
    });
  });

  it('asks a person about a block, whatever else has moved: the approvals hold until it is removed', () => {
    const blocked = planFor({ seen: { vault: vault({ firewall: 'closed', softDelete: false }) } });
    const stuck = requestAfter(...toApproved, checks({ plan: blocked, roleStatuses: {} }));
    expect(stuck).toMatchObject({
      state: 'needs-attention',
      step: null,
      failure: { found: { code: 'blocked', check: { code: 'vault-firewalled' } }, next: 'ask' },
    });
    expect(stuck.approvals).toHaveLength(2);
  });
});

/** Each other way to err: right-people.property.test.ts. */
const notChecked = proved.map((proof) => ({ ...proof, outcome: 'not-checked' as const }));

it.each([
  ['begins without a check', requestAfter(...toApproved), intends()],
  ['goes on past a step that is under way', requestAfter(...toRunning), intends(1, 'grant-key-access')],
  ['claims success on half a proof', requestAfter(...toVerifying), verified(proved.slice(0, 1))],
  ['claims success on a proof that was not looked for', requestAfter(...toVerifying), verified(notChecked)],
])('a runner that errs is stopped when it %s: a bug, and nothing is stored', (_what, request, command) => {
  expect(() => comesTo(request, command)).toThrow(id);
});

it('a run waits on a failure that is repeated', () => {
  const retryAt = '2026-03-02T12:00:10.000Z';
  const waiting = requestAfter(...toRunning, records(1, failedWith('enable-identity', retryAt)));
  expect(waiting.state).toBe('running');
  expect(waiting.progress[0]).toMatchObject({ state: 'waiting', retryAt, failure: failure() });
});

/** Every command in every state: the events it leads to, or the code of the refusal. Two approvals are needed; one is given. */
const states = (): Record<Request['state'], Request> => ({
  'awaiting-approval': requestAfter(...approvedBy(approver)),
  approved: requestAfter(...toChecked),
  running: requestAfter(...toRunning),
  'needs-attention': requestAfter(...toAttention),
  succeeded: requestAfter(...toSucceeded),
  failed: requestAfter(...toAttention, settles('give-up', requester, { asking: attention })),
  rejected: requestAfter(...approvedBy(approver), decides('reject', secondApprover)),
  cancelled: requestAfter(...approvedBy(approver), cancels()),
  expired: requestAfter(...approvedBy(approver), expires),
});
const blocked = asks(2, planFor({ seen: { key: null } }));
/** No correct runner does this. */
const thrown = 'thrown';
const ended = 'request-ended';
const idle = 'not-needing-attention';

/** What each comes to in the order of the states above; the last outcome is that of all that follow. */
type Commanded = readonly [name: string, command: (asking: number) => Command, ...outcomes: string[]];
const table: readonly Commanded[] = [
  ['submit', () => asks(), 'form-ended'],
  ['submit a plan with a block', () => blocked, 'form-ended'],
  [
    'approve, by another',
    (asking) => decides('approve', secondApprover, { asking }),
    'approved run-ordered',
    'already-approved-by-you',
    'decided-late',
  ],
  [
    'approve, once more',
    (asking) => decides('approve', approver, { asking }),
    'already-approved-by-you',
    'already-approved-by-you',
    'decided-late',
  ],
  ['approve, by the requester', (asking) => decides('approve', requester, { asking }), 'own-request'],
  [
    'approve, by an outsider',
    (asking) => decides('approve', secondApprover, { asking, roleStatus: 'no' }),
    'not-an-approver',
  ],
  ['approve, an old card', (asking) => decides('approve', secondApprover, { asking: asking - 1 }), 'stale-card'],
  ...[secondApprover, approver].map(
    (by) =>
      [
        `reject, by ${by === approver ? 'who approved' : 'another'}`,
        (asking: number) => decides('reject', by, { asking }),
        'rejected',
        'rejected',
        'decided-late stop-requested',
        'decided-late',
      ] as const,
  ),
  ['reject, by the requester', (asking) => decides('reject', requester, { asking }), 'own-request'],
  [
    'withdraw',
    (asking) => withdraws(approver, asking),
    'approval-withdrawn',
    'approval-withdrawn',
    'run-started',
    'run-started',
    ended,
  ],
  ['withdraw, an approval of another', (asking) => withdraws(outsider, asking), 'not-approved-by-you'],
  ['withdraw, an old card', (asking) => withdraws(approver, asking - 1), 'stale-card'],
  ['change', (asking) => changes({ asking }), 'request-changed', 'change-too-late'],
  ['change, by another', (asking) => changes({ by: approver, asking }), 'not-your-request'],
  ['change, an old card', (asking) => changes({ asking: asking - 1 }), 'changed-meanwhile', 'change-too-late'],
  ['cancel', (asking) => cancels(requester, asking), 'cancelled', 'cancelled', 'run-started', 'run-started', ended],
  ['cancel, by another', (asking) => cancels(approver, asking), 'not-your-request'],
  ['cancel, an old card', (asking) => cancels(requester, asking - 1), 'stale-card'],
  ['retry', (asking) => settles('retry', requester, { asking }), idle, idle, idle, 'retried run-ordered', ended],
  ['retry, an old card', (asking) => settles('retry', requester, { asking: asking - 1 }), 'stale-card'],
  [
    'give up',
    (asking) => settles('give-up', approver, { asking, roleStatus: 'yes' }),
    idle,
    idle,
    idle,
    'failed',
    ended,
  ],
  ['give up, by an outsider', (asking) => settles('give-up', approver, { asking }), 'not-an-operator'],
  [
    'stop after this step',
    (asking) => settles('stop', requester, { asking }),
    'run-not-begun',
    'run-not-begun',
    'stop-requested',
    'run-stopped',
    ended,
  ],
  ['stop after this step, by an outsider', (asking) => settles('stop', approver, { asking }), 'not-an-operator'],
  ['stop after this step, an old card', (asking) => settles('stop', requester, { asking: asking - 1 }), 'stale-card'],
  ['remind', (asking) => reminds(requester, asking), 'reminded', 'not-awaiting-approval'],
  ['remind, by another', (asking) => reminds(approver, asking), 'not-your-request'],
  ['remind, an old card', (asking) => reminds(requester, asking - 1), 'stale-card'],
  ['expire', () => expires, 'expired', 'not-awaiting-approval'],
  ['check, covered', () => checks(), 'not-awaiting-approval', 'run-checked', 'not-awaiting-approval'],
  ['check, moved', () => checks({ plan: moved }), 'not-awaiting-approval', 'plan-changed', 'not-awaiting-approval'],
  ['check, another run', () => checks({ run: 2 }), 'not-awaiting-approval'],
  ['intend', () => intends(), ended, 'step-intended', thrown, ended],
  ['intend, another run', () => intends(2), ended],
  ['record, done', () => records(1, doneWith('enable-identity')), ended, thrown, 'step-done', ended],
  [
    'record, to repeat',
    () => records(1, failedWith('enable-identity', '2026-03-02T12:01:00.000Z')),
    ended,
    thrown,
    'step-failed',
    ended,
  ],
  [
    'record, stuck',
    () => records(1, failedWith('enable-identity', null)),
    ended,
    thrown,
    'step-failed attention-needed',
    ended,
  ],
  ['record, another run', () => records(2, doneWith('verify')), ended],
  ['stop', () => stops(), ended, 'attention-needed', 'attention-needed', ended],
  ['stop, another run', () => stops(2), ended],
];

it.each(table.map((row): [string, Commanded] => [row[0], row]))(
  'in every state: %s',
  (name, [, command, ...outcomes]) => {
    const now = name === 'expire' ? later : undefined;
    for (const [n, [state, request]] of Object.entries(states()).entries()) {
      const outcome = outcomes[Math.min(n, outcomes.length - 1)];
      const come = () => comesTo(request, command(request.asking), now);
      expect(request.state).toBe(state);
      if (outcome === thrown) expect(come).toThrow(request.id);
      else expect([state, come()]).toEqual([state, outcome]);
    }
    const made = command(1) === blocked ? 'plan-blocked' : name === 'submit' ? 'submitted' : 'unknown-request';
    expect(comesTo(null, command(1))).toBe(made);
  },
);

/** The rows that follow from the events of the last command. */
function rowsAfter(...commands: Command[]) {
  const events = eventsAfter(...commands);
  const before = eventsAfter(...commands.slice(0, -1)).length;
  const request = fold(id, events);
  if (request === null) throw new Error('no commands were given');
  return consequencesOf(request, events.slice(before)).map(({ kind, key, dueAt }) => `${kind} ${key} ${dueAt}`);
}

const now = noon.toISOString();
const of = (kind: string, rows: readonly string[]) => rows.filter((row) => row.startsWith(`${kind} `));

it('a request shows whatever was stored, and tells the audit channel a little later, so that it can merge', () => {
  const changed = rowsAfter(asks(), changes());
  for (const rows of [rowsAfter(asks()), rowsAfter(...toApproved), rowsAfter(asks(), cancels()), changed]) {
    expect(of('show', rows)).toEqual([`show  ${now}`]);
    expect(of('audit', rows)).toEqual(['audit  2026-03-02T12:00:05.000Z']);
  }
  expect(of('show', rowsAfter(asks(), expires))).toEqual([`show  ${expiresAt}`]);
  expect(rowsAfter(...toApproved.slice(0, 2))).toHaveLength(2);
});

it('a request expires a question, and the one that replaces it', () => {
  const seenMoved = checks({ plan: moved });
  expect(of('expire', rowsAfter(asks()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(asks(), changes()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toApproved, seenMoved))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toAttention))).toEqual([]);
});

it('a request reminds at half time and four hours before the end, and daily of what needs attention', () => {
  expect(of('remind', rowsAfter(asks()))).toEqual([
    'remind half 2026-03-04T00:00:00.000Z',
    'remind last 2026-03-05T08:00:00.000Z',
  ]);
  expect(of('remind', rowsAfter(...toAttention))).toEqual(['remind attention 2026-03-03T12:00:00.000Z']);
  const escalation = `remind escalation ${now}`;
  expect(of('remind', rowsAfter(asksDue()))).toContain(escalation);
  const approval = decides('approve', approver);
  expect(of('remind', rowsAfter(asksDue(), approval, withdraws(approver)))).toEqual([escalation]);
});

it('erasing texts changes nothing but the revision and the texts', () => {
  const before = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }));
  const after = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }), erase);
  expect(before).toMatchObject({ ended: { comment: 'not this year', commentErased: false } });
  expect(after).toEqual({
    ...before,
    revision: before.revision + 1,
    justification: null,
    ended: { by: approver, at: before.changedAt, comment: null, commentErased: true },
  });
});

/** The events, a minute apart. */
const minutesApart = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
  events.map((event, n) => ({ ...event, time: new Date(Date.UTC(2026, 2, 2, 12, n)).toISOString() }));

const progressOf = (step: StepName, ...commands: readonly Command[]) =>
  fold(id, minutesApart(eventsAfter(...commands)))?.progress.find((one) => one.name === step);

const retryAt = '2026-03-02T12:30:00.000Z';

/** Done in the first run at minutes 5 to 6, and looked at again in the second. */
const twoRuns = (already: boolean, first = doneWith('enable-identity')): readonly Command[] => [
  ...toRunning,
  records(1, first),
  intends(1, 'grant-key-access'),
  records(1, failedWith('grant-key-access', null)),
  settles('retry', requester, { asking: 10 }),
  checks({ run: 2 }),
  intends(2),
  records(2, doneWith('enable-identity', { already })),
];

test('what this request did in an earlier run was not so already, and keeps its time', () => {
  expect(progressOf('enable-identity', ...twoRuns(true))).toMatchObject({
    state: 'done',
    already: false,
    startedAt: '2026-03-02T12:05:00.000Z',
    endedAt: '2026-03-02T12:06:00.000Z',
  });
});

test.each<[string, boolean, Parameters<typeof failure>[0]]>([
  ['refused every time and someone else then did', true, { change: 'refused' }],
  ['perhaps did at an earlier try', false, { change: 'unknown' }],
])('what Azure %s: was so already: %s', (_what, already, change) => {
  const found = progressOf(
    'enable-identity',
    ...toRunning,
    records(1, failedWith('enable-identity', retryAt, 1, change)),
    intends(1, 'enable-identity', 2),
    records(1, doneWith('enable-identity', { already: true, attempt: 2 })),
  );
  expect(found).toMatchObject({ state: 'done', already, startedAt: '2026-03-02T12:05:00.000Z' });
});

/** What came of each try, in order. */
const after = (...failures: readonly Failure[]) =>
  progressOf(
    'enable-identity',
    ...toRunning,
    ...failures.flatMap((one, n) => [
      ...(n === 0 ? [] : [intends(1, 'enable-identity', n + 1)]),
      records(1, { step: 'enable-identity', attempt: n + 1, outcome: 'failed', failure: one, retryAt }),
    ]),
  )?.untouched;

test.each<[string, boolean, readonly Failure[]]>([
  ['Azure refused it', true, [failure({ change: 'refused' })]],
  ['it could not be looked at, then was refused', true, [failure({ change: 'none' }), failure({ change: 'refused' })]],
  ['it began, and the next try was refused', false, [failure({ change: 'accepted' }), failure({ change: 'refused' })]],
  ['nothing was heard of it', false, [failure({ change: 'unknown' })]],
])('a step can have changed nothing where %s: %s', (_what, untouched, failures) =>
  expect(after(...failures)).toBe(untouched),
);

// An attempt of 10 s, a wait of 30 s, and an attempt of 20 s so far; then a clock that is set forward in that one.
it.each([
  ['12:01:00', 60_000],
  ['19:00:00', 40_000 + 120_000],
])('a step has been tried for its attempts and waits, whatever the clock: %s', (clock, ms) => {
  const times = ['12:00:00', '12:00:10', '12:00:40'];
  const waits = records(1, failedWith('enable-identity', '2026-03-02T12:00:40.000Z'));
  const events = eventsAfter(...toRunning, waits, intends(1, 'enable-identity', 2)).slice(-3);
  const tries = events.map((event, n) => ({ ...event, time: `2026-03-02T${times[n]}.000Z` }));
  expect(attemptsSoFar(tries, 1, 'enable-identity', `2026-03-02T${clock}.000Z`).spentMs).toBe(ms);
});
