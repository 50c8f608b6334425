import type { Failure } from '../../../../src/domain/failure.ts';
import { type PersonId, TenantId } from '../../../../src/domain/ids.ts';
import type { StepName } from '../../../../src/domain/plan.ts';
import type { StepUp } from '../../../../src/domain/policy/sign-in.ts';
import type { Proof } from '../../../../src/domain/proof.ts';
import { consequencesOf } from '../../../../src/domain/request/consequences.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { attemptsSoFar } from '../../../../src/domain/retry.ts';
import {
  approvedBy,
  asks,
  attention,
  cancels,
  changes,
  checks,
  comesTo,
  decides,
  doneWith,
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
import { noon, planFor, vault } from '../../../support/builders/plans.ts';

const moved = planFor({ seen: { vault: vault({ softDelete: false }) } });
const retries = settles('retry', requester, { asking: attention });
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
      ...{ person: by, tenantId: TenantId.parse(tenant), signedInAt: noon.toISOString(), contexts, methods: [] },
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
      for (const who of [retries, operates('retry', attention)]) {
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
describe('a runner that errs', () => {
  const notChecked = proved.map((proof) => ({ ...proof, outcome: 'not-checked' as const }));

  it.each([
    ['begins without a check', requestAfter(...toApproved), intends()],
    ['goes on past a step that is under way', requestAfter(...toRunning), intends(1, 'grant-key-access')],
    ['claims success on half a proof', requestAfter(...toVerifying), verified(proved.slice(0, 1))],
    ['claims success on a proof that was not looked for', requestAfter(...toVerifying), verified(notChecked)],
  ])('is stopped when it %s: a bug, and nothing is stored', (_what, request, command) => {
    expect(() => comesTo(request, command)).toThrow(id);
  });
});

describe('what is recorded', () => {
  it('waits on a failure that is repeated, and asks a person on one that is not', () => {
    const retryAt = '2026-03-02T12:00:10.000Z';
    const waiting = requestAfter(...toRunning, records(1, failedWith('enable-identity', retryAt)));
    expect(waiting.state).toBe('running');
    expect(waiting.progress[0]).toMatchObject({ state: 'waiting', retryAt, failure: failure() });
    expect(requestAfter(...toAttention)).toMatchObject({
      state: 'needs-attention',
      step: 'enable-identity',
      asking: attention,
    });
  });
});

describe('a request that needs attention', () => {
  it.each([
    ['an operator', operates('retry', attention), 'retried run-ordered'],
    [
      'nobody unknown',
      settles('retry', outsider, { asking: attention, roleStatus: 'unknown' }),
      'cannot-check-membership',
    ],
    [
      'nobody for a requester who lost the role',
      settles('retry', outsider, { asking: attention, roleStatus: 'yes', requesterStatus: 'no' }),
      'requester-lost-role',
    ],
    [
      'nobody while it is not known whether the requester lost the role',
      settles('retry', requester, { asking: attention, requesterStatus: 'unknown' }),
      'cannot-check-requester',
    ],
  ])('is retried by %s', (_who, command, outcome) => {
    expect(comesTo(requestAfter(...toAttention), command)).toBe(outcome);
  });
});

/** Every command in every state: the events it leads to, or the code of the refusal. Two approvals are needed; one is given. */
describe('every command in every state', () => {
  const states: Record<Request['state'], Request> = {
    'awaiting-approval': requestAfter(...approvedBy(approver)),
    approved: requestAfter(...toChecked),
    running: requestAfter(...toRunning),
    'needs-attention': requestAfter(...toAttention),
    succeeded: requestAfter(...toSucceeded),
    failed: requestAfter(...toAttention, settles('give-up', requester, { asking: attention })),
    rejected: requestAfter(...approvedBy(approver), decides('reject', secondApprover)),
    cancelled: requestAfter(...approvedBy(approver), cancels()),
    expired: requestAfter(...approvedBy(approver), expires),
  };
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
      ...['approved run-ordered', 'already-approved-by-you', 'decided-late'],
    ],
    [
      'approve, once more',
      (asking) => decides('approve', approver, { asking }),
      ...['already-approved-by-you', 'already-approved-by-you', 'decided-late'],
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
          ...['rejected', 'rejected', 'decided-late stop-requested', 'decided-late'],
        ] as const,
    ),
    ['reject, by the requester', (asking) => decides('reject', requester, { asking }), 'own-request'],
    [
      'withdraw',
      (asking) => withdraws(approver, asking),
      ...['approval-withdrawn', 'approval-withdrawn', 'run-started', 'run-started', ended],
    ],
    ['withdraw, an approval of another', (asking) => withdraws(outsider, asking), 'not-approved-by-you'],
    ['withdraw, an old card', (asking) => withdraws(approver, asking - 1), 'stale-card'],
    ['change', (asking) => changes({ asking }), 'request-changed', 'change-too-late'],
    ['change, by another', (asking) => changes({ by: approver, asking }), 'not-your-request'],
    ['change, an old card', (asking) => changes({ asking: asking - 1 }), 'changed-meanwhile', 'change-too-late'],
    [
      'cancel',
      (asking) => cancels(requester, asking),
      ...['cancelled', 'cancelled', 'run-started', 'run-started', ended],
    ],
    ['cancel, by another', (asking) => cancels(approver, asking), 'not-your-request'],
    ['cancel, an old card', (asking) => cancels(requester, asking - 1), 'stale-card'],
    ['retry', (asking) => settles('retry', requester, { asking }), idle, idle, idle, 'retried run-ordered', ended],
    ['retry, an old card', (asking) => settles('retry', requester, { asking: asking - 1 }), 'stale-card'],
    [
      'give up',
      (asking) => settles('give-up', approver, { asking, roleStatus: 'yes' }),
      ...[idle, idle, idle, 'failed', ended],
    ],
    ['give up, by an outsider', (asking) => settles('give-up', approver, { asking }), 'not-an-operator'],
    [
      'stop after this step',
      (asking) => settles('stop', requester, { asking }),
      ...['run-not-begun', 'run-not-begun', 'stop-requested', 'run-stopped', ended],
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
      ...[ended, thrown, 'step-failed', ended],
    ],
    [
      'record, stuck',
      () => records(1, failedWith('enable-identity', null)),
      ...[ended, thrown, 'step-failed attention-needed', ended],
    ],
    ['record, another run', () => records(2, doneWith('verify')), ended],
    ['stop', () => stops(), ended, 'attention-needed', 'attention-needed', ended],
    ['stop, another run', () => stops(2), ended],
  ];

  it.each(table.map((row): [string, Commanded] => [row[0], row]))('%s', (name, [, command, ...outcomes]) => {
    const now = name === 'expire' ? later : undefined;
    for (const [n, [state, request]] of Object.entries(states).entries()) {
      const outcome = outcomes[Math.min(n, outcomes.length - 1)];
      const come = () => comesTo(request, command(request.asking), now);
      expect(request.state).toBe(state);
      if (outcome === thrown) expect(come).toThrow(request.id);
      else expect([state, come()]).toEqual([state, outcome]);
    }
    const made = command(1) === blocked ? 'plan-blocked' : name === 'submit' ? 'submitted' : 'unknown-request';
    expect(comesTo(null, command(1))).toBe(made);
  });
});

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
  const moved = checks({ plan: planFor({ seen: { vault: vault({ softDelete: false }) } }) });
  expect(of('expire', rowsAfter(asks()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(asks(), changes()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toApproved, moved))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toAttention))).toEqual([]);
});

it('a request reminds at half time and four hours before the end, and daily of what needs attention', () => {
  expect(of('remind', rowsAfter(asks()))).toEqual([
    'remind half 2026-03-04T00:00:00.000Z',
    'remind last 2026-03-05T08:00:00.000Z',
  ]);
  expect(of('remind', rowsAfter(...toAttention))).toEqual(['remind attention 2026-03-03T12:00:00.000Z']);
});

const operator = operatorActor('duty');
const erase = (reason = 'asked for under article 17'): Command => ({ do: 'erase-texts', actor: operator, reason });

describe('erasing texts', () => {
  it('changes nothing but the revision and the texts', () => {
    const before = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }));
    const after = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }), erase());
    expect(before).toMatchObject({ ended: { comment: 'not this year', commentErased: false } });
    expect(after).toEqual({
      ...before,
      revision: before.revision + 1,
      justification: null,
      ended: { by: approver, at: before.changedAt, comment: null, commentErased: true },
    });
  });
});

/** How far the steps of a request have come, over waits and runs. */

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

describe('whether a step can have changed anything', () => {
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
    [
      'it could not be looked at, then was refused',
      true,
      [failure({ change: 'none' }), failure({ change: 'refused' })],
    ],
    [
      'it began, and the next try was refused',
      false,
      [failure({ change: 'accepted' }), failure({ change: 'refused' })],
    ],
    ['nothing was heard of it', false, [failure({ change: 'unknown' })]],
  ])('%s: %s', (_what, untouched, failures) => expect(after(...failures)).toBe(untouched));
});

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
