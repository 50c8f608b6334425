import {
  checks,
  comesTo,
  decides,
  does,
  doneWith,
  failedWith,
  intends,
  operates,
  records,
  requestAfter,
  secondApprover,
  settles,
  stops as stopsRun,
  toChecked,
  toRunning,
  toVerifying,
} from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';

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
  ])('has the approvers asked again before another run when an approver %s, whatever was approved', (_how, command) => {
    const ended = [...toRunning, command, records(1, doneWith('enable-identity'))];
    const retried = [...ended, settles('retry', requester, { asking: requestAfter(...ended).asking })];
    expect(requestAfter(...retried)).toMatchObject({ state: 'approved', objected: true });
    expect(requestAfter(...retried, checks({ run: 2 }))).toMatchObject({
      state: 'awaiting-approval',
      approvals: [],
      objected: false,
      replaced: { reason: 'stopped-by-approver' },
    });
  });
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
