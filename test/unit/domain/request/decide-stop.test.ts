import {
  checks,
  comesTo,
  decides,
  does,
  doneWith,
  failedWith,
  intends,
  operates,
  outsider,
  proved,
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
  it.each([
    ['the requester', stops],
    ['an approver', settles('stop', outsider, { roleStatus: 'yes' })],
    ['an operator', operates('stop', 1)],
  ])('is up to %s', (_who, command) => expect(comesTo(requestAfter(...toRunning), command)).toBe('stop-requested'));

  it('lets the step be finished, and nothing after it begin', () => {
    const asked = requestAfter(...toRunning, stops);
    expect(asked).toMatchObject({ state: 'running', stop: { by: requester, operator: null } });
    expect(comesTo(asked, records(1, doneWith('enable-identity')))).toBe('step-done attention-needed');
    const ended = requestAfter(...toRunning, stops, records(1, doneWith('enable-identity')));
    expect(ended).toMatchObject(stopped);
    expect(ended.progress.map(({ state }) => state)).toEqual(['done', 'planned', 'planned', 'planned', 'planned']);
    expect(comesTo(ended, intends(1, 'grant-key-access'))).toBe('request-ended');
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
    expect(comesTo(requestAfter(...toRunning), rejects)).toBe('decided-late stop-requested');
    const ended = requestAfter(...toRunning, rejects, records(1, doneWith('enable-identity')));
    expect(ended).toMatchObject({
      state: 'needs-attention',
      failure: { found: { code: 'stopped', by: secondApprover } },
    });
    expect(comesTo(requestAfter(...toRunning), decides('reject', secondApprover, { roleStatus: 'no' }))).toBe(
      'not-an-approver',
    );
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

  it('goes on from there with a retry, which no earlier wish stops', () => {
    const ended = [...toRunning, stops, records(1, doneWith('enable-identity'))];
    const asking = requestAfter(...ended).asking;
    expect(requestAfter(...ended, settles('retry', requester, { asking }))).toMatchObject({
      state: 'approved',
      stop: null,
    });
  });
});

describe('stopping a run between two steps', () => {
  const between = [...toChecked, ...does('enable-identity')];

  it('ends it at once', () => {
    expect(comesTo(requestAfter(...between), stops)).toBe('stop-requested attention-needed');
    expect(requestAfter(...between, stops)).toMatchObject(stopped);
  });

  it('ends it at once while a step waits to be tried again', () => {
    const waits = [...toRunning, records(1, failedWith('enable-identity', soon))];
    expect(requestAfter(...waits, stops)).toMatchObject(stopped);
  });

  it('ends it at once after a retry, when an earlier run was lost in the middle of a step', () => {
    const lost = [...between, intends(1, 'grant-key-access'), stopsRun(1)];
    const { asking } = requestAfter(...lost);
    const next = [
      ...lost,
      settles('retry', requester, { asking }),
      checks({ run: 2 }),
      ...does('enable-identity', {}, 2),
    ];
    expect(comesTo(requestAfter(...next), settles('stop', requester, { asking }))).toBe(
      'stop-requested attention-needed',
    );
  });
});

it('what cannot be stopped is the last step: it ends by itself', () => {
  expect(comesTo(requestAfter(...toVerifying), stops)).toBe('run-ending');
  expect(comesTo(requestAfter(...toVerifying), decides('reject', secondApprover))).toBe('decided-late');
  expect(requestAfter(...toVerifying, records(1, doneWith('verify', { proofs: proved })))).toMatchObject({
    state: 'succeeded',
  });
});
