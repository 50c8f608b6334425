import { FormId } from '../../../src/domain/ids.ts';
import type { Actor, EventBody, EventType } from '../../../src/domain/request/events.ts';
import { botActor, isStep, newEvent, operatorActor, personActor } from '../../../src/domain/request/events.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import type { UseAnswer } from '../../../src/domain/usage-check.ts';
import {
  asks,
  checks,
  decides,
  doneWith,
  eventsAfter,
  expiresAt,
  failedWith,
  id,
  intends,
  outsider,
  policy,
  proved,
  records,
  secondApprover,
  settles,
} from '../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../support/builders/fixtures.ts';
import { noon, planFor, ref, wish } from '../../support/builders/plans.ts';
import { sealedRecord, verified, type Written, writtenEvent } from '../../support/builders/sealed-record.ts';

/**
 * The verifier reads every rule a second time. Every way in which a life can be other than the rules allow is found, although
 * all hashes and seals are right. `right-people.property` shows that whatever the product lets happen passes.
 */

const stages = [['enable-identity'], ['grant-key-access'], ['protect-vault'], ['set-cmk'], ['verify']] as const;
const [first] = stages[0];

/** Two approve, the first run fails at its first step, the second does everything. */
const life = eventsAfter(
  asks(2),
  decides('approve', approver),
  decides('approve', secondApprover),
  checks(),
  intends(1, first),
  records(1, failedWith(first, null)),
  settles('retry', requester, { asking: 8 }),
  checks({ run: 2 }),
  ...stages.flatMap(([step]) => [
    intends(2, step),
    records(2, doneWith(step, { proofs: step === 'verify' ? proved : [] })),
  ]),
).map((event) => writtenEvent(id, event));

const unavailable = { next: 'wait', status: 503 } as const;
const retriesItself = (asking: number): Command => ({ do: 'retry-automatically', asking });
const stuckAgain = (run: number) => [
  checks({ run }),
  intends(run, first),
  records(run, failedWith(first, null, 1, unavailable)),
];
/** An outage ends the first run; the bot retries once, and a person after the second outage. */
const outageLife = eventsAfter(
  asks(2),
  decides('approve', approver),
  decides('approve', secondApprover),
  ...stuckAgain(1),
  {
    do: 'take-on',
    by: approver,
    actor: personActor(approver, tenant, 'local'),
    asking: 8,
    roleStatus: 'yes',
    operator: 'no',
  },
  retriesItself(8),
  ...stuckAgain(2),
  settles('retry', requester, { asking: 15 }),
  ...stuckAgain(3),
  retriesItself(21),
).map((event) => writtenEvent(id, event));
/** The outages, with automatic retries by that actor in place of events of that type. */
const retriedBy = (actor: Actor, type: EventType): readonly Written[] => {
  const { body } = newEvent('retried-automatically', actor, {});
  return outageLife.map((event) => (event.body.type === type ? { ...event, body } : event));
};

const at = (type: EventType, nth = 0): number => {
  const found = life.flatMap(({ body }, index) => (body.type === type ? [index] : []))[nth];
  if (found === undefined) throw new Error(`the life has no ${type} ${nth}`);
  return found;
};
const eventAt = (index: number): Written => {
  const event = life[index];
  if (event === undefined) throw new Error(`the life has no event ${index}`);
  return event;
};

function changed(type: EventType, change: object, nth = 0): readonly Written[] {
  const event = eventAt(at(type, nth));
  return life.with(at(type, nth), { ...event, body: { ...event.body, ...change } as EventBody });
}
function withData(type: EventType, data: object, nth = 0): readonly Written[] {
  const { body } = eventAt(at(type, nth));
  return changed(type, { data: { ...('data' in body ? body.data : {}), ...data } }, nth);
}
const without = (type: EventType, nth = 0): readonly Written[] => life.toSpliced(at(type, nth), 1);
const again = (type: EventType, behind: EventType, nth = 0): readonly Written[] =>
  life.toSpliced(at(behind, nth) + 1, 0, eventAt(at(type)));
/** Somebody wants the run to stop, behind the nth event of that type. */
const stopBehind = (type: EventType, nth: number, run: number, who = requester): readonly Written[] => {
  const { body } = newEvent('stop-requested', person(who), { run });
  const index = at(type, nth);
  return life.toSpliced(index + 1, 0, { ...eventAt(index), body, texts: {} });
};
const otherAgent = planFor({ wished: wish({ resource: ref('bot-ward') }) });
/** So many changes by somebody, behind the first event of that type. */
function changedBehind(type: EventType, times: number, who = requester, plan = planFor()): readonly Written[] {
  const index = at(type);
  const data = { formId: FormId.parse('F-0000000002'), plan, policy: policy() };
  const { body } = newEvent('request-changed', person(who), data, { planDigest: '1'.repeat(64) });
  return life.toSpliced(index + 1, 0, ...Array(times).fill({ ...eventAt(index), body, texts: {} }));
}
const late = (written: readonly Written[]): readonly Written[] =>
  written.slice(0, 2).map((event, n) => (n === 0 ? event : { ...event, time: expiresAt }));
/** A step was begun, then a check before the second run asked anew. */
function changedAfterARun(): readonly Written[] {
  const data = { run: 2, plan: planFor(), policy: policy(), reason: 'approvers-changed' } as const;
  const { body } = newEvent('plan-changed', botActor, data, { planDigest: '1'.repeat(64) });
  const before = life.slice(0, at('run-checked', 1));
  const [change] = changedBehind('submitted', 1).slice(1, 2);
  if (change === undefined) throw new Error('no change was made');
  return [...before, { ...eventAt(at('run-checked', 1)), body, texts: {} }, change];
}
const person = (who: typeof approver) => personActor(who, tenant, 'local');
const byItself = { type: 'retried-automatically', actor: botActor };
const takenOn = { type: 'taken-on', data: {}, actor: person(approver) };
const nextYear = '2027-01-01T00:00:00.000Z';

const since = noon.toISOString();
const until = new Date(noon.getTime() + 30 * 60_000).toISOString();
const after = (ms: number): string => new Date(noon.getTime() + ms).toISOString();
const usedAt = (at: string): UseAnswer => ({
  outcome: 'used',
  at,
  operation: 'KeyWrap',
  knownBy: 'object-id',
  allowedBy: { by: 'access-policy' },
});
const usedAtOnce = [after(60_000), usedAt(after(1_000))] as const;
const nobodyKnows: UseAnswer = { outcome: 'unknown', why: { code: 'not-asked' } };
/** The life whose success looks for a use, and what is judged of it then. */
function judgedThen(
  ...judged: readonly (readonly [time: string, answer: UseAnswer, more?: object])[]
): readonly Written[] {
  const success = withData('succeeded', { seeks: { since, until } });
  const [last] = success.slice(-1);
  if (last === undefined) throw new Error('no success');
  return [
    ...success,
    ...judged.map(([time, answer, more = {}]): Written => {
      const { body } = newEvent('use-judged', botActor, { run: 2, answer, ...more });
      return { ...last, time, body, texts: {} };
    }),
  ];
}

it.each([
  ['an outage that the bot retries once', outageLife],
  ['a use that was found at once', judgedThen(usedAtOnce)],
  ['a use from a minute before, by another clock', judgedThen([after(60_000), usedAt(after(-60_000))])],
  ['that nobody knows, at the deadline', judgedThen([until, nobodyKnows])],
])('passes %s', (_what, events) => expect(verified(sealedRecord(events)).findings).toEqual([]));

it('is found out in no way as it was', () => {
  expect(verified(sealedRecord(life))).toMatchObject({ findings: [], requests: 1, replayed: 1 });
});

it.each<[string, string, readonly Written[]]>([
  ['no submission', 'begins-otherwise', life.slice(1)],
  ['a second submission', 'begins-otherwise', again('submitted', 'approved')],
  ['a submission by the bot', 'begins-otherwise', changed('submitted', { actor: botActor })],
  ['a run after the end', 'after-the-end', again('run-ordered', 'succeeded')],
  ['an approval by the requester', 'not-theirs', changed('approved', { actor: person(requester) })],
  ['an approval by the bot', 'not-theirs', changed('approved', { actor: botActor })],
  ['one person twice', 'approved-twice', changed('approved', { actor: person(approver) }, 1)],
  ['an approval of another plan', 'approved-another-plan', changed('approved', { planDigest: '0'.repeat(64) })],
  ['an approval that counts itself twice', 'miscounted', withData('approved', { counted: 2 })],
  ['an approval of fewer than needed', 'miscounted', withData('approved', { required: 1 })],
  ['an approval without the tick', 'not-acknowledged', withData('approved', { acknowledgedIrreversible: false })],
  ['an approval too late', 'out-of-time', life.map((event) => ({ ...event, time: '2026-04-01T00:00:00.000Z' }))],
  ['a run with one approval of two', 'too-few-approvals', without('approved', 1)],
  ['a run after an approver stopped the one before', 'too-few-approvals', stopBehind('step-intended', 0, 1, approver)],
  ['a run before the time that was chosen', 'out-of-time', withData('submitted', { notBefore: nextYear })],
  ['a run before the time that an approver chose', 'out-of-time', withData('approved', { notBefore: nextYear }, 1)],
  ['a change by an approver', 'not-theirs', changedBehind('submitted', 1, approver)],
  ['a change after the time to decide', 'out-of-time', late(changedBehind('submitted', 1))],
  ['a change of what was decided', 'not-in-this-state', changedBehind('run-ordered', 1)],
  ['a sixth change', 'changed-unduly', changedBehind('submitted', 6)],
  ['a change to another agent', 'changed-unduly', changedBehind('submitted', 1, requester, otherAgent)],
  ['a change once a run had begun', 'changed-unduly', changedAfterARun()],
  ['an approval from before a change', 'too-few-approvals', changedBehind('approved', 1)],
  ['a run without any', 'too-few-approvals', life.filter(({ body }) => body.type !== 'approved')],
  ['a check that counts a stranger', 'too-few-approvals', withData('run-checked', { counted: [approver, outsider] })],
  ['a check that counts one twice', 'too-few-approvals', withData('run-checked', { counted: [approver, approver] })],
  ['a run that was not ordered', 'another-run', withData('run-checked', { run: 2 })],
  ['a step in a run that was not checked', 'not-checked', without('run-checked')],
  ['a step that was not ordered', 'not-in-this-state', without('run-ordered')],
  ['a step before its turn', 'out-of-turn', withData('step-intended', { step: 'set-cmk' })],
  ['a wish to stop what does not run', 'not-in-this-state', stopBehind('run-ordered', 0, 1)],
  ['a wish to stop another run', 'another-run', stopBehind('step-intended', 1, 1)],
  ['a step begun although the run was to stop', 'out-of-turn', stopBehind('step-intended', 1, 2)],
  ['a step begun twice', 'out-of-turn', again('step-intended', 'step-intended')],
  ['a third try after none', 'out-of-turn', withData('step-intended', { attempt: 3 })],
  ['a step of another plan', 'approved-another-plan', changed('step-intended', { planDigest: '0'.repeat(64) }, 2)],
  ['a result that nobody intended', 'result-without-intent', without('step-intended', 3)],
  [
    'a success with a step left out',
    'not-proved',
    life.filter(({ body }) => !isStep(body) || body.data.step !== 'verify'),
  ],
  ['a success that proves nothing', 'not-proved', withData('succeeded', { proofs: [] })],
  ['a use that nobody looked for', 'not-in-this-state', [...life, ...judgedThen([until, nobodyKnows]).slice(-1)]],
  ['a use that is judged twice', 'not-in-this-state', judgedThen(usedAtOnce, [until, nobodyKnows])],
  ['a use from before the change', 'out-of-time', judgedThen([after(60_000), usedAt(after(-180_000))])],
  ['that nobody knows, before the deadline', 'out-of-time', judgedThen([after(60_000), nobodyKnows])],
  ['a use of another run', 'another-run', judgedThen([until, nobodyKnows, { run: 1 }])],
  ['a second automatic retry', 'out-of-turn', retriedBy(botActor, 'retried')],
  ['an automatic retry after a refusal', 'out-of-turn', changed('retried', byItself)],
  ['an automatic retry by a person', 'not-theirs', retriedBy(person(approver), 'retried-automatically')],
  ['work on what is not stuck', 'not-in-this-state', changed('run-checked', takenOn)],
  ['a retry of what is not stuck', 'not-in-this-state', again('retried', 'approved')],
  ['a step by a person', 'not-theirs', changed('step-done', { actor: person(approver) })],
  ['a field that no event has', 'body-unknown', changed('retried', { note: 'x' })],
  ['a field of a payload that none has', 'body-unknown', withData('run-ordered', { forced: true })],
])('finds %s: %s', (_what, fault, events) => {
  const { findings } = verified(sealedRecord(events));
  expect(findings.map(({ kind }) => kind)).toContain(fault);
});

describe('a time before the event before', () => {
  const early = '2020-01-01T00:00:00.000Z';
  const [last] = life.slice(-1).map(({ time }) => time);
  const setRight = (ahead = '', time = early): Written => ({
    request: id,
    time,
    texts: {},
    body: newEvent('clock-set-right', operatorActor('duty'), { ahead }).body,
  });
  const kindsIn = (events: readonly Written[]) => verified(sealedRecord(events)).findings.map(({ kind }) => kind);

  it('is found in whatever says nothing of it', () => {
    const erased: Written = {
      ...setRight(),
      body: newEvent('texts-erased', operatorActor('duty'), { reason: 'asked for' }).body,
    };
    expect(kindsIn([...life, erased])).toEqual(['time-went-back']);
  });

  it('passes where an operator set a clock right, from the very time that was ahead', () => {
    expect(kindsIn([...life, setRight(last)])).toEqual([]);
    expect(kindsIn([...life, setRight('2030-01-01T00:00:00.000Z')])).toEqual(['time-went-back']);
  });

  it('passes there once, and not in what follows', () => {
    expect(kindsIn([...life, setRight(last), setRight(early, '2019-01-01T00:00:00.000Z')])).toEqual([]);
    expect(kindsIn([...life, setRight(last), setRight(last, '2019-01-01T00:00:00.000Z')])).toEqual(['time-went-back']);
  });
});

it('finds a revision that is missing, and judges what follows by nothing', () => {
  const record = sealedRecord(life);
  const gap = record.map(({ line, texts }) => ({
    line: { ...line, revision: line.revision + (line.seq > 3 ? 1 : 0) },
    texts,
  }));
  expect(verified(gap).findings.map(({ kind }) => kind)).toContain('revision-differs');
});
