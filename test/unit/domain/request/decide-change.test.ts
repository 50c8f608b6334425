import { KeyName } from '../../../../src/domain/ids.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { mostChanges } from '../../../../src/domain/request/decide-change.ts';
import {
  approvedBy,
  asks,
  changes,
  checks,
  comesTo,
  decides,
  later,
  reminds,
  requestAfter,
  secondApprover,
  settles,
  toAttention,
} from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { noon, planFor, ref, spec, vault } from '../../../support/builders/plans.ts';

const otherKey = planFor({ wished: spec({ keyName: KeyName.parse('cmk-other') }) });
const asked = requestAfter(asks());
const justification = asked.justification ?? '';

it('voids every approval so far, and asks anew about what it is now', () => {
  const request = requestAfter(...approvedBy(approver), reminds(), changes({ plan: otherKey }));
  expect(request).toMatchObject({
    ...{ state: 'awaiting-approval', asking: 4, digest: '3'.repeat(64), plan: otherKey },
    ...{ approvals: [], changes: 1, remindedAt: null, justification: 'For another reason' },
    changedFrom: { plan: planFor(), justification, notBefore: null },
  });
  // Who had approved decides again, and one of two is not enough.
  expect(comesTo(request, decides('approve', approver, { asking: 4 }))).toBe('approved');
});

it(`ends after ${mostChanges} times: nothing is kept open for ever by changing it`, () => {
  const again = Array.from({ length: mostChanges }, (_, n) =>
    changes({ asking: n + 1, justification: `For reason ${n}` }),
  );
  const request = requestAfter(asks(), ...again);
  expect(request.changes).toBe(mostChanges);
  expect(comesTo(request, changes({ asking: request.asking }))).toBe('changed-too-often');
});

it('of nothing is refused: it would be nothing but more time', () => {
  expect(comesTo(asked, changes({ justification: ` ${justification} ` }))).toBe('nothing-changed');
  // Azure moved, which is seen before the run in any case.
  const moved = planFor({ seen: { vault: vault({ softDelete: false }) } });
  expect(comesTo(asked, changes({ justification, plan: moved }))).toBe('nothing-changed');
  expect(comesTo(asked, changes({ justification, notBefore: '2026-03-03T01:00:00.000Z' }))).toBe('request-changed');
});

it('can bring a start forward, which no approval agrees to any more', () => {
  const late = changes({ notBefore: '2026-03-04T01:00:00.000Z' });
  expect(requestAfter(asks(), late)).toMatchObject({ notBefore: '2026-03-04T01:00:00.000Z' });
  const now = changes({ asking: 2, notBefore: null, justification });
  expect(requestAfter(asks(), late, now)).toMatchObject({ notBefore: null });
});

it('cannot be once a run had begun: what it made for one plan must not serve another', () => {
  const retried = [...toAttention, settles('retry', requester, { asking: 8 })];
  const request = requestAfter(...retried, checks({ run: 2, roleStatuses: {} }));
  expect(request).toMatchObject({ state: 'awaiting-approval', touched: true });
  expect(comesTo(request, changes({ asking: request.asking }))).toBe('change-half-done');
});

it('is for the same agent and operation, or it is another request', () => {
  const otherAgent = planFor({ wished: spec({ resource: ref('bot-ward') }) });
  expect(() => decide(asked, changes({ plan: otherAgent }), noon)).toThrow('another agent');
});

it.each([
  ['no reason', { justification: ' ' }, 'reason-missing'],
  ['a reason that is too long', { justification: 'x'.repeat(501) }, 'text-too-long'],
  ['a plan with a block', { plan: planFor({ seen: { key: null } }) }, 'plan-blocked'],
  ['a start that has passed', { notBefore: '2026-03-01T00:00:00.000Z' }, 'start-passed'],
])('is judged as what is asked for the first time: %s', (_what, change, code) => {
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

it('another one an hour later, and not before; until when is said', () => {
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
