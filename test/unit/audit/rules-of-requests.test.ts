import { hashOf } from '../../../src/audit/verify.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { driftIdOf, FormId } from '../../../src/domain/ids.ts';
import type { EventBody } from '../../../src/domain/request/events.ts';
import { botActor, isStep, newEvent, operatorActor, personActor } from '../../../src/domain/request/events.ts';
import type { EventType } from '../../../src/domain/request/payloads.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import type { UseAnswer } from '../../../src/domain/usage-check.ts';
import { byRules } from '../../support/audit/python-verifier.ts';
import {
  checks,
  decides,
  doneWith,
  eventsAfter,
  expiresAt,
  failedWith,
  id,
  intends,
  policy,
  proved,
  records,
  secondApprover,
  settles,
  submit,
} from '../../support/builders/commands.ts';
import { approver, requester, requestId, tenant } from '../../support/builders/fixtures.ts';
import { noon, planFor, ref, spec } from '../../support/builders/plans.ts';
import { sealedRecord, type Written, writtenEvent } from '../../support/builders/sealed-record.ts';

/**
 * The verifier for others reads every rule a second time. Every way in which a life can be other than the rules allow is found,
 * although all hashes are right. `right-people.property` shows that whatever the product lets happen passes.
 */

const plan = planFor();
const asks = submit({ plan, digest: planDigest(plan), policy: policy(2) });

const stages = [['enable-identity'], ['grant-key-access'], ['protect-vault'], ['set-cmk'], ['verify']] as const;
const [first] = stages[0];

/** Two approve, the first run fails at its first step, the second does everything. */
const life = eventsAfter(
  asks,
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
  asks,
  decides('approve', approver),
  decides('approve', secondApprover),
  ...stuckAgain(1),
  {
    do: 'take-on',
    by: approver,
    actor: personActor(approver, tenant, 'local'),
    asking: 8,
    roleStatus: 'yes',
  },
  retriesItself(8),
  ...stuckAgain(2),
  settles('retry', requester, { asking: 15 }),
  ...stuckAgain(3),
  retriesItself(21),
).map((event) => writtenEvent(id, event));
/** The outages, each retried by the bot. */
const botRetry = newEvent('retried', botActor, {}).body;
const retriedByBot = outageLife.map((event) => (event.body.type === 'retried' ? { ...event, body: botRetry } : event));

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
const otherAgent = planFor({ wished: spec({ resource: ref('bot-ward') }) });
/** So many changes by somebody, behind the first event of that type. */
function changedBehind(type: EventType, times: number, who = requester, plan = planFor()): readonly Written[] {
  const index = at(type);
  const data = { formId: FormId.parse('F-0000000002'), plan, policy: policy() };
  const { body } = newEvent('request-changed', person(who), data, { planDigest: planDigest(plan) });
  return life.toSpliced(index + 1, 0, ...Array(times).fill({ ...eventAt(index), body, texts: {} }));
}
const late = (written: readonly Written[]): readonly Written[] =>
  written.slice(0, 2).map((event, n) => (n === 0 ? event : { ...event, time: expiresAt }));
/** A step was begun, then a check before the second run asked anew. */
function changedAfterARun(): readonly Written[] {
  const data = { run: 2, plan: planFor(), policy: policy(), reason: 'approvers-changed' } as const;
  const { body } = newEvent('plan-changed', botActor, data, { planDigest: planDigest(plan) });
  const before = life.slice(0, at('run-checked', 1));
  const [change] = changedBehind('submitted', 1).slice(1, 2);
  if (change === undefined) throw new Error('no change was made');
  return [...before, { ...eventAt(at('run-checked', 1)), body, texts: {} }, change];
}
const person = (who: typeof approver) => personActor(who, tenant, 'local');
const byItself = { actor: botActor };
/** An approval is withdrawn behind the nth event of that type. */
const withdrawnBehind = (type: EventType, nth = 0, who = approver): readonly Written[] => {
  const { body } = newEvent('approval-withdrawn', person(who), {}, { planDigest: planDigest(plan) });
  return life.toSpliced(at(type, nth) + 1, 0, { ...eventAt(at(type, nth)), body, texts: {} });
};
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

const bodiesOf = (events: readonly Written[]): readonly string[] => sealedRecord(events).map(({ line }) => line.body);

it('passes the life', () => expect(byRules([bodiesOf(life)])).toEqual(['ok']));

const broken: readonly (readonly [words: string, events: readonly Written[]])[] = [
  ['event 1: events of CMK-000001 are missing, or of another request', life.slice(1)],
  ['event 23: run-ordered, after the end', again('run-ordered', 'succeeded')],
  ['event 2: decided by the one who asked', changed('approved', { actor: person(requester) })],
  ['event 3: a second approval by one person', changed('approved', { actor: person(approver) }, 1)],
  ['event 2: not of the plan that was to be approved', changed('approved', { planDigest: '0'.repeat(64) })],
  ['event 2: an approval that says 2 of 2, and is 1 of 2', withData('approved', { counted: 2 })],
  [
    "event 2: an approval that does not accept what can't be undone",
    withData('approved', { acknowledgedIrreversible: false }),
  ],
  [
    'event 2: approved, after the time to decide',
    life.map((event) => ({ ...event, time: '2026-04-01T00:00:00.000Z' })),
  ],
  ['event 3: ordered with too few approvals', without('approved', 1)],
  ['event 5: ordered with too few approvals', withdrawnBehind('approved', 1)],
  ["event 3: an approval withdrawn that was not the person's own", withdrawnBehind('approved', 0, secondApprover)],
  ['event 7: approval-withdrawn, when the request was running', withdrawnBehind('step-intended')],
  ['event 11: an approval withdrawn that was not', withdrawnBehind('run-ordered', 1)],
  [
    'event 12: let go, although an approver had stopped a run of the same plan',
    stopBehind('step-intended', 0, 1, approver),
  ],
  ['event 5: let go before the time that was chosen', withData('submitted', { notBefore: nextYear })],
  ['event 2: request-changed by another person than the one who asked', changedBehind('submitted', 1, approver)],
  ['event 2: request-changed, after the time to decide', late(changedBehind('submitted', 1))],
  ['event 5: request-changed, when the request was ordered', changedBehind('run-ordered', 1)],
  ['event 7: edited more than 5 times', changedBehind('submitted', 6)],
  ['event 2: edited to be about something else', changedBehind('submitted', 1, requester, otherAgent)],
  ['event 12: edited after a run had begun', changedAfterARun()],
  ['event 5: let go with too few approvals', withData('run-checked', { counted: [approver, approver] })],
  ['event 5: enable-identity is not what was approved, or came before its turn', without('run-checked')],
  ['event 4: run-checked, when the request was awaiting-approval', without('run-ordered')],
  [
    'event 6: set-cmk is not what was approved, or came before its turn',
    withData('step-intended', { step: 'set-cmk' }),
  ],
  ['event 5: stop-requested, when the request was ordered', stopBehind('run-ordered', 0, 1)],
  ['event 15: grant-key-access was begun, although the run was to stop', stopBehind('step-intended', 1, 2)],
  ['event 7: attempt 1 of enable-identity, not none', again('step-intended', 'step-intended')],
  ['event 14: not of the plan that was to be approved', changed('step-intended', { planDigest: '0'.repeat(64) }, 2)],
  [
    'event 20: success, although something is not done or not proved',
    life.filter(({ body }) => !isStep(body) || body.data.step !== 'verify'),
  ],
  ['event 22: success, although something is not done or not proved', withData('succeeded', { proofs: [] })],
  [
    'event 23: use of a key, which no success was to look for, or for the second time',
    [...life, ...judgedThen([until, nobodyKnows]).slice(-1)],
  ],
  ['event 23: use of a key, before it was set', judgedThen([after(60_000), usedAt(after(-180_000))])],
  ['event 23: no use of a key, before the time to look was over', judgedThen([after(60_000), nobodyKnows])],
  ['event 16: a retry by the bot, although it had retried before', retriedByBot],
  ['event 9: a retry by the bot, although it had retried before', changed('retried', byItself)],
  ['event 13: step-done by 20000000-0000-4000-8000-000000000002', changed('step-done', { actor: person(approver) })],
  [
    'event 5: body-unknown: run-checked has no such field, or lacks it: data approvers',
    changed('run-checked', { data: { run: 1, observed: planDigest(plan), counted: [approver, secondApprover] } }),
  ],
];
const saidOfBroken = byRules(broken.map(([, events]) => bodiesOf(events)));

it.each(broken.map(([words], n) => [words, n] as const))('finds %s', (words, n) => {
  expect(saidOfBroken[n]).toContain(`Wrong: ${words}`);
});

const early = '2020-01-01T00:00:00.000Z';
const [last] = life.slice(-1).map(({ time }) => time);
const setRight = (ahead = '', time = early): Written => ({
  request: id,
  time,
  texts: {},
  body: newEvent('clock-set-right', operatorActor('duty'), { ahead }).body,
});
const erased = { ...setRight(), body: newEvent('texts-erased', operatorActor('duty'), { reason: 'asked for' }).body };
const dated = (n: number): string => `Wrong: event ${n}: dated before the event before it`;
const otherRequest = life.slice(0, 1).map((event) => ({ ...event, request: requestId(2) }));
const ended = eventsAfter(asks, decides('reject', approver)).map((event) => writtenEvent(id, event));

const drift = (found: readonly string[], more: Partial<Written> = {}, change: object = {}): Written => {
  const data: object = { kind: 'healthcare-agent', resourceName: 'bot-care', basis: {}, found };
  const { body: ordered } = newEvent('run-ordered', botActor, { run: 1 });
  const body = { ...ordered, type: 'drift-found', data, target: ref('bot-care').id };
  return {
    request: driftIdOf(hashOf(ref('bot-care').id.toLowerCase())),
    time: since,
    texts: {},
    body: { ...body, ...change } as EventBody,
    ...more,
  };
};
const [opened, alsoOpened, closed] = [drift(['a']), drift(['a', 'b']), drift([])];

/** What holds between the requests of a log, and for drifts. */
const logs: readonly (readonly [what: string, said: string, events: readonly Written[]])[] = [
  ['a time before the event before', dated(23), [...life, erased]],
  ['a clock that was set right, from the very time that was ahead', 'ok', [...life, setRight(last)]],
  ['a clock that was set right, from another time', dated(23), [...life, setRight('2030-01-01T00:00:00.000Z')]],
  [
    'a second open request for one agent',
    'Wrong: event 2: a second open request for ',
    [...life.slice(0, 1), ...otherRequest],
  ],
  ['a second request for one agent, once the first ended', 'ok', [...ended, ...otherRequest]],
  ['a drift that is opened, changed, closed and opened again', 'ok', [opened, alsoOpened, closed, opened]],
  [
    'a drift that is closed and was not opened',
    'Wrong: event 1: drift-found by cmk-bot, when a drift was not open',
    [closed],
  ],
  [
    'a drift in the name of another agent',
    'Wrong: event 1: not the next event of',
    [drift(['a'], {}, { target: ref('bot-ward').id })],
  ],
];
const saidOfLogs = byRules(logs.map(([, , events]) => bodiesOf(events)));

it.each(logs.map(([what, said], n) => [what, said, n] as const))('says of %s: %s', (_what, said, n) => {
  expect(saidOfLogs[n]).toContain(said);
});
