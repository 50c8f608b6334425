import { shortDigest } from '../../../../src/domain/digest.ts';
import type { Failure } from '../../../../src/domain/failure.ts';
import { KeyName, type PersonId, TenantId } from '../../../../src/domain/ids.ts';
import type { RoleStatus } from '../../../../src/domain/policy/policy.ts';
import type { SignIn } from '../../../../src/domain/policy/sign-in.ts';
import { consequencesOf } from '../../../../src/domain/request/consequences.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { retriesAutomatically } from '../../../../src/domain/request/decide-attention.ts';
import { mostChanges } from '../../../../src/domain/request/decide-change.ts';
import { operatorActor, personActor, type StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { type Command, longestText, type Submit } from '../../../../src/domain/request/request-command.ts';
import { maxStartAheadMs, startsAt } from '../../../../src/domain/request/start-window.ts';
import type { UseAnswer } from '../../../../src/domain/usage-check.ts';
import {
  approvedBy,
  asks,
  attention,
  cancels,
  changes,
  checks,
  comesTo,
  decides,
  does,
  doneWith,
  eventsAfter,
  failedWith,
  failure,
  id,
  intends,
  later,
  operates,
  outsider,
  records,
  reminds,
  requestAfter,
  secondApprover,
  settles,
  stops,
  stops as stopsRun,
  toApproved,
  toAttention,
  toChecked,
  toRunning,
  toSucceeded,
  toVerifying,
} from '../../../support/builders/commands.ts';
import { approver, requester, submit, tenant } from '../../../support/builders/fixtures.ts';
import { noon, planFor, ref, spec, vault } from '../../../support/builders/plans.ts';

const awaiting = requestAfter(asks());

describe('submitting', () => {
  const submits = (change: Partial<Submit>) => comesTo(null, submit({ plan: planFor(), ...change }));

  it('refuses a missing reason, however many spaces it has', () => {
    expect(submits({ justification: ' \n ' })).toBe('reason-missing');
  });

  it('takes a reason of the longest length, and not one character more', () => {
    expect(submits({ justification: 'a'.repeat(longestText) })).toBe('submitted');
    expect(submits({ justification: 'a'.repeat(longestText + 1) })).toBe('text-too-long');
  });

  it('keeps the reason outside the record, trimmed', () => {
    const [event] = eventsAfter(submit({ plan: planFor(), justification: '  Policy 7 ' }));
    expect(event?.texts).toEqual({ justification: 'Policy 7' });
    expect(JSON.stringify(event?.body)).not.toContain('Policy 7');
  });
});

it.each([
  ['no', 'requester-lost-role'],
  ['none-configured', 'requester-lost-role'],
  ['unknown', 'cannot-check-requester'],
] as const)(
  'a requester who lost the role cannot have a request approved (%s), but rejected and cancelled',
  (requesterStatus, code) => {
    expect(comesTo(awaiting, decides('approve', approver, { requesterStatus }))).toBe(code);
    expect(comesTo(awaiting, decides('reject', approver, { requesterStatus }))).toBe('rejected');
    expect(comesTo(awaiting, cancels())).toBe('cancelled');
  },
);

describe('approving', () => {
  it('tells an approver who comes after the last one needed that enough have approved', () => {
    const enough = requestAfter(...toApproved);
    expect(comesTo(enough, decides('approve', outsider, { roleStatus: 'yes' }))).toBe('already-approved');
  });

  it('counts a person once', () => {
    const once = requestAfter(...approvedBy(approver));
    expect(once.approvals).toEqual([
      { by: approver, at: noon.toISOString(), signIn: null, validMs: 259_200_000, comment: null, commentErased: false },
    ]);
    expect(comesTo(once, decides('approve', approver))).toBe('already-approved-by-you');
  });

  it.each([
    ['no', 'not-an-approver'],
    ['unknown', 'cannot-check-membership'],
    ['none-configured', 'no-approvers-configured'],
  ] as const)('refuses a person whose roleStatus is %s, on an old card too: %s', (roleStatus, code) => {
    expect(comesTo(awaiting, decides('approve', outsider, { roleStatus }))).toBe(code);
    expect(comesTo(awaiting, decides('approve', outsider, { roleStatus, asking: 0 }))).toBe(code);
    expect(comesTo(awaiting, decides('reject', outsider, { roleStatus }))).toBe(code);
  });

  it('wants the tick for what cannot be undone, and names how many steps', () => {
    const refused = decide(awaiting, decides('approve', approver, { acknowledged: false }), noon);
    expect(refused).toEqual({ kind: 'refused', code: 'acknowledge-irreversible', fact: '1' });
  });

  it('wants no tick where everything can be undone, and none to reject', () => {
    const harmless = requestAfter(asks(2, planFor({ seen: { vault: vault({ purgeProtection: true }) } })));
    expect(comesTo(harmless, decides('approve', approver, { acknowledged: false }))).toBe('approved');
    expect(comesTo(awaiting, decides('reject', approver, { acknowledged: false }))).toBe('rejected');
  });

  it('is bound to the question that was asked', () => {
    expect(comesTo(awaiting, decides('approve', approver, { asking: 0 }))).toBe('stale-card');
    expect(comesTo(awaiting, decides('approve', approver, { asking: 2 }))).toBe('stale-card');
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
    expect(shortDigest(approved?.body.planDigest ?? '')).toBe('1111 1111');
  });

  it('is marked when it comes faster than the card can be read, counted from when the request last asked', () => {
    const dataOf = (request: Request, ms: number, asking = 1): unknown => {
      const decided = decide(request, decides('approve', approver, { asking }), new Date(noon.getTime() + ms));
      return decided.kind === 'accepted' ? decided.events[0]?.body.data : decided.code;
    };
    expect(dataOf(awaiting, 4_999)).toMatchObject({ quick: true });
    expect(dataOf(awaiting, 5_000)).toMatchObject({ quick: false });
    const askedAnew: Request = { ...awaiting, asking: 4, askedAt: new Date(noon.getTime() + 60_000).toISOString() };
    expect(dataOf(askedAnew, 61_000, 4)).toMatchObject({ quick: true });
    expect(dataOf(askedAnew, 66_000, 4)).toMatchObject({ quick: false });
  });

  it('keeps a comment outside the record and refuses a long one', () => {
    const [, event] = eventsAfter(asks(), decides('approve', approver, { comment: ' looks right ' }));
    expect(event?.texts).toEqual({ comment: 'looks right' });
    expect(comesTo(awaiting, decides('reject', approver, { comment: 'a'.repeat(longestText + 1) }))).toBe(
      'text-too-long',
    );
  });

  it.each(['', '   ', '\u200b\n'])('rejects and gives up for no reason that is none (%j)', (comment) => {
    expect(comesTo(awaiting, decides('reject', approver, { comment }))).toBe('reason-missing');
    const stuck = requestAfter(...toAttention);
    expect(comesTo(stuck, settles('give-up', requester, { asking: attention, comment }))).toBe('reason-missing');
    // Whoever wants no more of it to be done need not say why first.
    expect(comesTo(requestAfter(...toRunning), decides('reject', approver, { comment }))).toContain('stop-requested');
  });

  it('keeps why it was given up on the request, until that is erased', () => {
    const gaveUp = [...toAttention, settles('give-up', requester, { asking: attention, comment: ' Moved ' })];
    expect(requestAfter(...gaveUp)).toMatchObject({
      state: 'failed',
      ended: { comment: 'Moved', commentErased: false },
    });
    const erase: Command = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' };
    expect(requestAfter(...gaveUp, erase)).toMatchObject({ ended: { comment: null, commentErased: true } });
  });
});

describe('a click', () => {
  const asAnother = { actor: personActor(requester, tenant, 'local') };
  const asOperator = { actor: operatorActor('duty') };

  it.each([
    ['approve', { ...decides('approve', approver), ...asAnother }],
    ['reject', { ...decides('reject', approver), ...asAnother }],
    ['cancel', { ...cancels(approver), ...asAnother }],
    ['approve, at the command line', { ...decides('approve', approver), ...asOperator }],
    ['submit', submit({ plan: planFor(), by: approver })],
  ] as const)('to %s in the name of another is a bug that stores nothing', (_verb, command) => {
    expect(() => decide(awaiting, command as Command, noon)).toThrow('is handed in as');
  });
});

describe('expiring', () => {
  const anInstantBefore = new Date(later.getTime() - 1);

  it('refuses decisions from the end on, even when the timer has not come yet', () => {
    expect(comesTo(awaiting, decides('approve', approver), anInstantBefore)).toBe('approved');
    expect(comesTo(awaiting, decides('approve', approver), later)).toBe('expired decided-late');
    expect(comesTo(awaiting, decides('reject', approver), later)).toBe('expired decided-late');
    expect(comesTo(awaiting, decides('approve', approver, { roleStatus: 'no' }), later)).toBe('not-an-approver');
  });
});

type Change = Parameters<typeof failure>[0];
const unavailable = { next: 'wait', status: 503, code: 'ServiceUnavailable' } as const;
const stuckBy = (change: Change): readonly Command[] => [
  ...toRunning,
  records(1, failedWith('enable-identity', null, 1, change)),
];
const outage = stuckBy(unavailable);
const retriesItself = (asking = attention): Command => ({ do: 'retry-automatically', asking });
const takes = (by: PersonId, roleStatus: RoleStatus, operator: RoleStatus = 'no', asking = attention): Command => ({
  ...{ do: 'take-on', by, actor: personActor(by, tenant, 'local'), asking, roleStatus, operator },
});

describe('the automatic retry', () => {
  it.each<[string, Change, boolean]>([
    ['503 after all attempts', unavailable, true],
    ['throttling', { next: 'wait', status: 429 }, true],
    ['a refusal', { next: 'ask', status: 403 }, false],
    ['a server error that no retry helps', { next: 'ask', status: 501 }, false],
    ['a conflict', { next: 'wait', status: 409 }, false],
    ['a rejected token', { next: 'wait', status: 401 }, false],
    ['a permission that never arrived', { next: 'retry-until', status: 403 }, false],
  ])('%s', (_what, change, expected) => {
    const request = requestAfter(...stuckBy(change));
    expect(retriesAutomatically(request)).toBe(expected);
    expect(comesTo(request, retriesItself())).toBe(expected ? 'retried run-ordered' : 'not-needing-attention');
    const rows = consequencesOf(request, eventsAfter(...stuckBy(change)));
    expect(rows.filter(({ kind }) => kind === 'retry').map(({ key }) => key)).toEqual(expected ? [`${attention}`] : []);
  });

  it.each<Failure['source']>(['no-answer', 'sign-in'])('%s, before the first step', (source) => {
    const { status: _, policies: __, ...outside } = { ...failure(unavailable), policies: [] };
    const stop = { do: 'stop-run', run: 1, failure: { ...outside, source } } as Command;
    expect(retriesAutomatically(requestAfter(...toChecked, stop))).toBe(true);
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

  it('does nothing after a person acted, or for an earlier failure', () => {
    const retried = requestAfter(...outage, settles('retry', requester, { asking: attention }));
    expect(comesTo(retried, retriesItself())).toBe('not-needing-attention');
    expect(comesTo(requestAfter(...outage), retriesItself(attention - 1))).toBe('not-needing-attention');
  });

  it('doesn’t override a person who stopped the run', () => {
    const stopped = requestAfter(...toRunning, settles('stop', approver, { roleStatus: 'yes' }), stops());
    expect(retriesAutomatically(stopped)).toBe(false);
  });
});

describe('taking a request on', () => {
  it.each<[string, Command, string]>([
    ['an approver', takes(approver, 'yes'), 'taken-on'],
    ['the requester', takes(requester, 'no'), 'taken-on'],
    ['an operator', takes(outsider, 'no', 'yes'), 'taken-on'],
    ['a reader', takes(outsider, 'no'), 'not-an-operator'],
    ['unknown to the directory', takes(outsider, 'unknown', 'unknown'), 'cannot-check-membership'],
    ['an old card', takes(approver, 'yes', 'no', attention - 1), 'stale-card'],
  ])('%s', (_who, command, expected) => expect(comesTo(requestAfter(...toAttention), command)).toBe(expected));

  it('names the person until another takes over or the run continues', () => {
    const first = requestAfter(...toAttention, takes(approver, 'yes'));
    expect(first).toMatchObject({
      state: 'needs-attention',
      asking: attention,
      takenOn: { by: approver, at: noon.toISOString() },
    });
    expect(comesTo(first, takes(approver, 'yes'))).toBe('nothing');
    const events = eventsAfter(...toAttention, takes(approver, 'yes'), takes(secondApprover, 'yes'));
    expect(fold(id, events)?.takenOn?.by).toBe(secondApprover);
    const retry = settles('retry', requester, { asking: attention });
    const again = [checks({ run: 2 }), intends(2), records(2, failedWith('enable-identity', null))];
    const next = requestAfter(...toAttention, takes(approver, 'yes'), retry, ...again);
    expect(next).toMatchObject({ state: 'needs-attention', takenOn: null });
    expect(comesTo(requestAfter(...toChecked), takes(approver, 'yes', 'no', 1))).toBe('not-needing-attention');
  });
});

const otherKey = planFor({ wished: spec({ keyName: KeyName.parse('cmk-other') }) });
const asked = requestAfter(asks());
const justification = asked.justification ?? '';

it('an edit voids every approval so far, and asks anew about what it is now', () => {
  const request = requestAfter(...approvedBy(approver), reminds(), changes({ plan: otherKey }));
  expect(request).toMatchObject({
    ...{ state: 'awaiting-approval', asking: 4, digest: '3'.repeat(64), plan: otherKey },
    ...{ approvals: [], changes: 1, remindedAt: null, justification: 'For another reason' },
    changedFrom: { plan: planFor(), justification, notBefore: null },
  });
  // Who had approved decides again, and one of two is not enough.
  expect(comesTo(request, decides('approve', approver, { asking: 4 }))).toBe('approved');
});

it(`editing ends after ${mostChanges} times: nothing is kept open for ever by changing it`, () => {
  const again = Array.from({ length: mostChanges }, (_, n) =>
    changes({ asking: n + 1, justification: `For reason ${n}` }),
  );
  const request = requestAfter(asks(), ...again);
  expect(request.changes).toBe(mostChanges);
  expect(comesTo(request, changes({ asking: request.asking }))).toBe('changed-too-often');
});

it('an edit of nothing is refused: it would be nothing but more time', () => {
  expect(comesTo(asked, changes({ justification: ` ${justification} ` }))).toBe('nothing-changed');
  // Azure moved, which is seen before the run in any case.
  const moved = planFor({ seen: { vault: vault({ softDelete: false }) } });
  expect(comesTo(asked, changes({ justification, plan: moved }))).toBe('nothing-changed');
  expect(comesTo(asked, changes({ justification, notBefore: '2026-03-03T01:00:00.000Z' }))).toBe('request-changed');
});

it('an edit can bring a start forward, which no approval agrees to any more', () => {
  const late = changes({ notBefore: '2026-03-04T01:00:00.000Z' });
  expect(requestAfter(asks(), late)).toMatchObject({ notBefore: '2026-03-04T01:00:00.000Z' });
  const now = changes({ asking: 2, notBefore: null, justification });
  expect(requestAfter(asks(), late, now)).toMatchObject({ notBefore: null });
});

it('an edit cannot be once a run had begun: what it made for one plan must not serve another', () => {
  const retried = [...toAttention, settles('retry', requester, { asking: 8 })];
  const request = requestAfter(...retried, checks({ run: 2, roleStatuses: {} }));
  expect(request).toMatchObject({ state: 'awaiting-approval', touched: true });
  expect(comesTo(request, changes({ asking: request.asking }))).toBe('change-half-done');
});

it('an edit is for the same agent and operation, or it is another request', () => {
  const otherAgent = planFor({ wished: spec({ resource: ref('bot-ward') }) });
  expect(() => decide(asked, changes({ plan: otherAgent }), noon)).toThrow('another agent');
});

it.each([
  ['no reason', { justification: ' ' }, 'reason-missing'],
  ['a reason that is too long', { justification: 'x'.repeat(501) }, 'text-too-long'],
  ['a plan with a block', { plan: planFor({ seen: { key: null } }) }, 'plan-blocked'],
  ['a start that has passed', { notBefore: '2026-03-01T00:00:00.000Z' }, 'start-passed'],
])('an edit is judged as what is asked for the first time: %s', (_what, change, code) => {
  expect(comesTo(asked, changes(change))).toBe(code);
});

it('what was written before is gone once it is erased', () => {
  const erase = { do: 'erase-texts', actor: { kind: 'operator', id: 'duty', tenantId: null, signIn: 'command-line' } };
  const request = requestAfter(asks(), changes(), { ...erase, reason: 'asked for' } as Parameters<typeof comesTo>[1]);
  expect(request).toMatchObject({ justification: null, changedFrom: { justification: null } });
});

it('what changed is told until Azure moves, and then that', () => {
  const moved = planFor({ seen: { vault: vault({ softDelete: false }) } });
  const approved = [changes(), ...[approver, secondApprover].map((one) => decides('approve', one, { asking: 2 }))];
  const request = requestAfter(asks(), ...approved, checks({ plan: moved }));
  expect(request).toMatchObject({ changedFrom: null, changes: 1, replaced: { reason: 'effects-not-covered' } });
});

const minutes = (count: number): Date => new Date(noon.getTime() + count * 60_000);
const reminded = requestAfter(asks(), reminds());

it('another reminder comes an hour later, and not before; until when is said', () => {
  expect(decide(reminded, reminds(), minutes(59))).toEqual({
    kind: 'refused',
    code: 'reminded-lately',
    fact: minutes(60).toISOString(),
  });
  expect(comesTo(reminded, reminds(), minutes(60))).toBe('reminded');
});

it('nobody is reminded of what has expired, though the timer has not come by', () => {
  expect(comesTo(reminded, reminds(requester), later)).toBe('not-awaiting-approval');
});

describe('stopping a run', () => {
  const stops = settles('stop', requester);
  const soon = '2026-03-02T12:01:00.000Z';
  const stopped = {
    state: 'needs-attention',
    stop: null,
    step: null,
    failure: { source: 'bot', next: 'ask', found: { code: 'stopped', by: requester, operator: null } },
  };

  describe('stopping a run while a step runs', () => {
    it('is up to an operator too', () => {
      expect(comesTo(requestAfter(...toRunning), operates('stop', 1))).toBe('stop-requested');
    });

    it('lets the step be finished, and says who stopped the run', () => {
      expect(requestAfter(...toRunning, stops)).toMatchObject({ stop: { by: requester, operator: null } });
      const ended = requestAfter(...toRunning, stops, records(1, doneWith('enable-identity')));
      expect(ended).toMatchObject(stopped);
      expect(ended.progress.map(({ state }) => state)).toEqual(['done', 'planned', 'planned', 'planned', 'planned']);
    });

    it('does not try again what did not work', () => {
      const ended = requestAfter(...toRunning, stops, records(1, failedWith('enable-identity', soon)));
      expect(ended).toMatchObject({ ...stopped, progress: [{ state: 'failed', retryAt: null }, {}, {}, {}, {}] });
    });

    it('hides no failure that asks a person by itself', () => {
      const ended = requestAfter(...toRunning, stops, records(1, failedWith('enable-identity', null)));
      expect(ended).toMatchObject({ state: 'needs-attention', failure: { source: 'azure' }, stop: null });
    });

    it('is named after who asked first; who asks as well is in the record', () => {
      const later = settles('stop', approver, { roleStatus: 'yes' });
      expect(comesTo(requestAfter(...toRunning, stops), later)).toBe('stop-requested');
      expect(requestAfter(...toRunning, stops, later, records(1, doneWith('enable-identity')))).toMatchObject(stopped);
    });

    it('is what a reject comes to that an approver sends while it runs', () => {
      const rejects = decides('reject', secondApprover);
      const ended = requestAfter(...toRunning, rejects, records(1, doneWith('enable-identity')));
      expect(ended).toMatchObject({ failure: { found: { code: 'stopped', by: secondApprover } } });
    });

    it.each([
      ['stops', settles('stop', secondApprover, { roleStatus: 'yes' })],
      ['rejects', decides('reject', secondApprover)],
    ])(
      'has the approvers asked again before another run when an approver %s, whatever was approved',
      (_how, command) => {
        const ended = [...toRunning, command, records(1, doneWith('enable-identity'))];
        const retried = [...ended, settles('retry', requester, { asking: requestAfter(...ended).asking })];
        expect(requestAfter(...retried)).toMatchObject({ state: 'approved', objected: true });
        expect(requestAfter(...retried, checks({ run: 2 }))).toMatchObject({
          state: 'awaiting-approval',
          approvals: [],
          objected: false,
          replaced: { reason: 'stopped-by-approver' },
        });
      },
    );
  });

  it('stopping ends a run at once after a retry, when an earlier run was lost in the middle of a step', () => {
    const lost = [...toChecked, ...does('enable-identity'), intends(1, 'grant-key-access'), stopsRun(1)];
    const { asking } = requestAfter(...lost);
    const next = [settles('retry', requester, { asking }), checks({ run: 2 }), ...does('enable-identity', {}, 2)];
    const again = settles('stop', requester, { asking });
    expect(comesTo(requestAfter(...lost, ...next), again)).toBe('stop-requested attention-needed');
    expect(requestAfter(...lost, ...next, again)).toMatchObject(stopped);
  });

  it('what cannot be stopped is the last step, which says so', () => {
    expect(comesTo(requestAfter(...toVerifying), stops)).toBe('run-ending');
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
  const [place, time] = [{ seq: events.length + 1, revision: events.length + 1, cause: 'x' }, now.toISOString()];
  return [...events, ...decision.events.map(({ body }) => ({ ...place, time, body, texts: {} }))];
};

describe('a success', () => {
  it('says from when and until when is looked, and has the log asked at once', () => {
    const request = fold(id, looked);
    const use = { since: noon.toISOString(), until: until.toISOString(), judged: null };
    expect(request).toMatchObject({ state: 'succeeded', use });
    if (request === null) throw new Error('no request');
    const rows = consequencesOf(request, looked.slice(-1));
    expect(rows).toContainEqual({ kind: 'use', key: '1', dueAt: noon.toISOString() });
  });

  it('has nobody asked where no workspace is configured', () => {
    const request = fold(id, succeeded({}));
    expect(request).toMatchObject({ state: 'succeeded', use: null });
    if (request === null) throw new Error('no request');
    expect(consequencesOf(request, succeeded({}).slice(-1)).map(({ kind }) => kind)).not.toContain('use');
    expect(judge(succeeded({}), used, noon)).toMatchObject({ kind: 'refused' });
  });
});

describe('a judgement', () => {
  it('of a use is taken at once, proves it, and leaves the rest of the request as it was', () => {
    const [before, now] = [fold(id, looked), fold(id, judgedAfter(looked, used, new Date(noon.getTime() + 1_000)))];
    if (before?.state !== 'succeeded' || now?.state !== 'succeeded') throw new Error('no success');
    expect(now).toMatchObject({ asking: before.asking, changedAt: before.changedAt, revision: before.revision + 1 });
    expect(now.use?.judged?.answer).toEqual(used);
  });

  it('of no use, or that nobody knows, is taken at the deadline and not before', () => {
    expect(() => judge(looked, unknown, new Date(until.getTime() - 1))).toThrow('before');
    expect(judge(looked, unknown, until)).toMatchObject({ kind: 'accepted' });
  });

  it('is taken once', () => {
    const judged = judgedAfter(looked, unknown, until);
    expect(judge(judged, used, until)).toMatchObject({ kind: 'refused', code: 'request-ended' });
  });

  it('is of the run that succeeded', () => expect(() => judge(looked, used, noon, 2)).toThrow('run 2'));

  it('is refused while the run goes', () => {
    expect(judge(looked.slice(0, -1), used, noon)).toMatchObject({ kind: 'refused' });
  });
});

const inHours = (hours: number): string => new Date(noon.getTime() + hours * 3_600_000).toISOString();
const asksFor = (notBefore: string | null): Command => ({ ...(asks() as Submit), notBefore });
const approvals = (first: string | null, second: string | null = null) => [
  decides('approve', approver, { notBefore: first }),
  decides('approve', secondApprover, { notBefore: second }),
];

describe('a start that is put off', () => {
  it.each([
    ['has passed', inHours(-1), 'start-passed'],
    ['is now', inHours(0), 'start-passed'],
    [
      'is further ahead than anybody remembers',
      new Date(noon.getTime() + maxStartAheadMs + 1).toISOString(),
      'start-too-far',
    ],
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
    ['later than asked for', inHours(10), [inHours(20), null], inHours(20)],
    ['by the second of two', null, [null, inHours(20)], inHours(20)],
    ['and not brought forward', inHours(20), [inHours(10), inHours(5)], inHours(20)],
    ['by nobody', null, [null, null], null],
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
  const approves = (signIn: SignIn | null, change = {}) => decides('approve', approver, { stepUp, signIn, ...change });

  it('asks for a sign-in where none is shown', () => {
    expect(comesTo(awaiting, approves(null))).toBe('sign-in-needed');
  });

  it('approves with a fresh and strong one', () => {
    expect(comesTo(awaiting, approves(signedIn()))).toBe('approved run-ordered');
  });

  it.each([
    ['somebody else’s', { person: secondApprover }, 'sign-in-other-person'],
    [
      'one of another tenant',
      { tenantId: TenantId.parse('30000000-0000-4000-8000-000000000000') },
      'sign-in-other-person',
    ],
    ['one that meets no context', { contexts: [] }, 'sign-in-too-weak'],
    ['one that meets another context', { contexts: ['c2', 'c11', 'C1', ''] }, 'sign-in-too-weak'],
    ['one of ten minutes', { signedInAt: minutesBefore(10) }, 'approved run-ordered'],
    ['one of ten minutes and a second', { signedInAt: minutesBefore(10 + 1 / 60) }, 'sign-in-too-old'],
    ['one of a minute to come, as clocks differ', { signedInAt: minutesBefore(-1) }, 'approved run-ordered'],
    ['one of two minutes to come', { signedInAt: minutesBefore(-2) }, 'sign-in-unverifiable'],
    ['one of no time', { signedInAt: 'yesterday' }, 'sign-in-unverifiable'],
  ])('%s', (_, change: Partial<SignIn>, outcome) => {
    expect(comesTo(awaiting, approves(signedIn(change)))).toBe(outcome);
  });

  it('asks nobody to sign in for a click that would be refused all the same', () => {
    expect(comesTo(awaiting, approves(null, { roleStatus: 'no' }))).toBe('not-an-approver');
    expect(comesTo(awaiting, approves(null, { asking: 7 }))).toBe('stale-card');
    expect(comesTo(awaiting, approves(null, { acknowledged: false }))).toBe('acknowledge-irreversible');
    expect(comesTo(requestAfter(...approvedBy(approver)), approves(null))).toBe('already-approved-by-you');
    expect(comesTo(awaiting, decides('approve', requester, { stepUp }))).toBe('own-request');
  });

  it('lets a reject through without one', () => {
    expect(comesTo(awaiting, decides('reject', approver))).toBe('rejected');
  });

  it('records what was signed in with, and nothing where it was not asked for', () => {
    const [, asked] = eventsAfter(asks(1), approves(signedIn()));
    expect(asked?.body).toMatchObject({ type: 'approved', data: { signIn: signedIn() } });
    const [, notAsked] = eventsAfter(asks(1), decides('approve', approver, { signIn: signedIn() }));
    expect(notAsked?.body).toMatchObject({ type: 'approved', data: { signIn: null } });
  });
});
