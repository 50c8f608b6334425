import type { Failure } from '../../../../src/domain/failure.ts';
import type { PersonId } from '../../../../src/domain/ids.ts';
import type { RoleStatus } from '../../../../src/domain/policy/policy.ts';
import { consequencesOf } from '../../../../src/domain/request/consequences.ts';
import { retriesAutomatically } from '../../../../src/domain/request/decide-attention.ts';
import { personActor } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import {
  attention,
  checks,
  comesTo,
  eventsAfter,
  failedWith,
  failure,
  id,
  intends,
  outsider,
  records,
  requestAfter,
  secondApprover,
  settles,
  stops,
  toAttention,
  toChecked,
  toRunning,
} from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';
import { noon } from '../../../support/builders/plans.ts';

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
