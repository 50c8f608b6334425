import { driftIdOf, RequestId } from '../../../src/domain/ids.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { botActor, newEvent, operatorActor, type StoredEvent } from '../../../src/domain/request/events.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import type { StreamEvent } from '../../../src/domain/statement/approved-state.ts';
import { ageInDays, periodBefore } from '../../../src/domain/statement/period.ts';
import { hasChanged, statementOf } from '../../../src/domain/statement/statement.ts';
import { type DriftState, unknownCause } from '../../../src/domain/watch/state.ts';
import { statementSentences } from '../../../src/text/statement.ts';
import { inPython } from '../../support/audit/python-verifier.ts';
import {
  approvedBy,
  asks,
  checks,
  decides,
  does,
  doneWith,
  eventsAfter,
  intends,
  proved,
  records,
  secondApprover,
} from '../../support/builders/commands.ts';
import { approver, cancel, resourceId } from '../../support/builders/fixtures.ts';
import {
  key,
  planFor,
  ref,
  resource,
  toNewVersion,
  under,
  vault,
  version,
  wish,
  wishToRotate,
} from '../../support/builders/plans.ts';

/** A log of two agents over three months: put under keys, rotated, changed around the bot, a request rejected. */

const about = { name: 'bot.example/audit', events: 0, root: '' };

/** The commands of a request that succeeds with its plan. */
function success(plan: Plan, outputs: Record<string, string> = {}): Command[] {
  const steps = plan.steps.filter(({ name }) => name !== 'verify').map(({ name }) => name);
  return [
    asks(2, plan),
    ...[approver, secondApprover].map((person) => decides('approve', person)),
    checks({ plan }),
    ...steps.flatMap((step) => does(step, step === 'make-key-version' ? { outputs } : {})),
    intends(1, 'verify'),
    records(1, doneWith('verify', { proofs: proved })),
  ];
}

class Log {
  readonly events: StreamEvent[] = [];

  /** `times`: of all events, or of each. */
  request(number: number, times: string | readonly string[], ...commands: readonly Command[]): this {
    const stream = RequestId.parse(`CMK-${String(number).padStart(6, '0')}`);
    eventsAfter(...commands).forEach((event, n) => {
      this.#add(stream, { ...event, time: typeof times === 'string' ? times : (times[n] ?? '') });
    });
    return this;
  }

  drift(time: string, ...codes: readonly ('key-stripped' | 'key-disabled')[]): this {
    const type = codes.length === 0 ? 'drift-closed' : this.#open ? 'drift-changed' : 'drift-opened';
    this.#open = codes.length > 0;
    const found = codes.map((code) => ({ state: { code } as DriftState, cause: unknownCause, foundAt: time }));
    const data = { agentName: 'bot-care', basis: { request: 'CMK-000001', planDigest: '1'.repeat(64) } };
    const body = newEvent(type, botActor, { ...data, ...(codes.length > 0 ? { found } : {}) } as never, {
      target: resourceId(),
    }).body;
    this.#add(driftIdOf('a'.repeat(64)), { seq: 0, revision: 1, cause: '', time, body, texts: {} });
    return this;
  }

  #open = false;
  #add(stream: string, event: StoredEvent): void {
    this.events.push({ stream, event: { ...event, seq: this.events.length + 1 } });
  }
}

const other = { resource: resource({ id: resourceId('bot-other'), name: 'bot-other' }) };
const rotation = planFor({
  wished: wishToRotate(toNewVersion),
  seen: {
    resource: resource({
      systemAssigned: true,
      principalId: '60000000-0000-4000-8000-000000000001',
      customerKey: under(version('a')),
    }),
    from: key(),
    key: null,
    grantHeld: true,
    vault: vault({ purgeProtection: true }),
    guard: 'some',
  },
});
const log = new Log()
  .request(1, '2026-01-10T08:00:00.000Z', ...success(planFor()))
  .request(
    2,
    '2026-02-03T08:00:00.000Z',
    ...success(planFor({ wished: wish({ resource: ref('bot-other') }), seen: other })),
  )
  .drift('2026-02-20T12:00:00.000Z', 'key-stripped')
  .drift('2026-02-20T12:30:00.000Z', 'key-stripped', 'key-disabled')
  .drift('2026-02-21T00:00:00.000Z')
  .request(3, '2026-03-01T00:00:00.500Z', ...success(rotation, { keyVersion: version('c') }))
  .request(4, '2026-03-05T08:00:00.000Z', asks(2), decides('reject', approver))
  .request(5, '2026-03-06T08:00:00.000Z', ...approvedBy(approver))
  .drift('2026-03-30T23:00:00.000Z', 'key-disabled').events;

const [january, february, march] = [
  { from: '2026-01-01', to: '2026-01-31' },
  { from: '2026-02-01', to: '2026-02-28' },
  { from: '2026-03-01', to: '2026-03-31' },
];
const stated = (period: typeof january) => statementOf(log, about, period);

/** What else is counted: the verifier in Python, below, calculates it by itself. */
test('the period before is as long, and ends the day before', () => {
  expect(periodBefore(march)).toEqual({ from: '2026-01-29', to: '2026-02-28' });
  expect(periodBefore({ from: '2026-03-01', to: '2026-03-01' })).toEqual({ from: '2026-02-28', to: '2026-02-28' });
});

test.each([
  ['2026-03-31T00:00:00.000Z', 1],
  ['2026-03-31T00:00:00.001Z', 0],
  ['2026-03-01T12:00:00Z', 30],
  ['2026-04-02T00:00:00.000Z', 0],
])('a time is whole days old at the end of the period: %s, %i', (time, days) => {
  expect(ageInDays(march, time)).toBe(days);
});

test('each agent has key, version age, expiry, level, guard and open drift at the end of the period', () => {
  const [care, another] = stated(march).agents;
  expect(care).toMatchObject({
    ...{ name: 'bot-care', request: 'CMK-000003', key: { keyVersion: version('c') }, expires: 'none' },
    ...{ versionSince: '2026-03-01T00:00:00.500Z', versionAgeDays: 30, level: 'permission-held' },
    guard: 'some',
    drift: { openedAt: '2026-03-30T23:00:00.000Z', ageDays: 1, states: ['key-disabled'] },
  });
  expect(another).toMatchObject({
    ...{ name: 'bot-other', key: { keyVersion: version('a') }, guard: null, drift: null },
    ...{ versionSince: '2025-01-01T00:00:00.000Z', versionAgeDays: 455 },
  });
  expect(stated(february).agents[0]).toMatchObject({ request: 'CMK-000001', drift: null });
  expect(stated(march).gaps).toContainEqual({ code: 'guard-unknown', agents: [another?.agent] });
  expect(stated(march).summary).toEqual({
    ...{ agents: 2, withApprovedKey: 2, openDrifts: 1, openRequests: 1 },
    exceptions: stated(march).exceptions.length,
  });
});

test('a period without an event has no change, and the agents as before', () => {
  const quiet = statementOf(log, about, { from: '2026-04-01', to: '2026-04-30' });
  expect(hasChanged(quiet)).toBe(false);
  expect(statementSentences(quiet)).toEqual([
    '2 agents have an approved customer-managed key.',
    '1 agent isn’t as approved.',
    'Nothing changed in this period.',
  ]);
  expect(quiet.agents.map(({ drift }) => drift?.ageDays)).toEqual([31, undefined]);
  expect(quiet.lastEvent).toEqual(stated(march).lastEvent);
});

/** The clock was a year ahead for a whole request, a part of the next and a drift, until an operator set it right. */
const wrong = '2027-02-04T09:00:00.000Z';
const ahead = new Log()
  .request(1, '2026-01-10T08:00:00.000Z', ...success(planFor()))
  .request(2, '2027-02-03T08:00:00.000Z', ...success(rotation, { keyVersion: version('c') }))
  .drift('2027-02-04T08:00:00.000Z', 'key-disabled')
  .request(
    3,
    [wrong, '2026-02-05T08:00:00.000Z', '2026-02-05T08:01:00.000Z'],
    asks(2),
    { do: 'set-clock-right', actor: operatorActor('duty'), ahead: wrong },
    cancel(),
  )
  .drift('2026-03-02T08:00:00.000Z').events;

test('the verifier in Python calculates the same, for the end of each day and for months', () => {
  const days = Array.from({ length: 95 }, (_, day) => {
    const to = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
    return { from: to, to };
  });
  const years = ['2026', '2027'].map((year) => ({ from: `${year}-01-01`, to: `${year}-12-31` }));
  const periods = [...days, january, february, march, ...years];
  for (const one of [log, ahead]) {
    const events = one.map(({ stream, event: { body, seq, revision, time } }) => ({
      ...body,
      ...{ request: stream, seq, revision, time },
    }));
    const expression = '[verify.statement_of(given["log"], given["about"], period) for period in given["periods"]]';
    const found = inPython(expression, { log: events, about, periods });
    expect(JSON.stringify(found)).toBe(JSON.stringify(periods.map((period) => statementOf(one, about, period))));
  }
});
