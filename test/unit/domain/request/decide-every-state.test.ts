import type { Request } from '../../../../src/domain/request/request.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
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
  expires,
  failedWith,
  intends,
  later,
  records,
  reminds,
  requestAfter,
  secondApprover,
  settles,
  stops,
  toAttention,
  toChecked,
  toRunning,
  toSucceeded,
} from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { planFor, vault } from '../../../support/builders/plans.ts';

/** Every command in every state: the events it leads to, or the code of the refusal. Two approvals are needed; one is given. */

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
const order = Object.keys(states) as Request['state'][];
const moved = planFor({ seen: { vault: vault({ softDelete: false }) } });

const commands: Record<string, (asking: number) => Command> = {
  submit: () => asks(),
  'approve, by another': (asking) => decides('approve', secondApprover, { asking }),
  'approve, once more': (asking) => decides('approve', approver, { asking }),
  'approve, by the requester': (asking) => decides('approve', requester, { asking }),
  'approve, by an outsider': (asking) => decides('approve', secondApprover, { asking, roleStatus: 'no' }),
  'approve, an old card': (asking) => decides('approve', secondApprover, { asking: asking - 1 }),
  reject: (asking) => decides('reject', secondApprover, { asking }),
  'reject, by who approved': (asking) => decides('reject', approver, { asking }),
  'reject, by the requester': (asking) => decides('reject', requester, { asking }),
  change: (asking) => changes({ asking }),
  'change, by another': (asking) => changes({ by: approver, asking }),
  'change, an old card': (asking) => changes({ asking: asking - 1 }),
  cancel: (asking) => cancels(requester, asking),
  'cancel, by another': (asking) => cancels(approver, asking),
  'cancel, an old card': (asking) => cancels(requester, asking - 1),
  'retry, an old card': (asking) => settles('retry', requester, { asking: asking - 1 }),
  retry: (asking) => settles('retry', requester, { asking }),
  'give up': (asking) => settles('give-up', approver, { asking, roleStatus: 'yes' }),
  'give up, by an outsider': (asking) => settles('give-up', approver, { asking }),
  'stop after this step': (asking) => settles('stop', requester, { asking }),
  'stop after this step, by an outsider': (asking) => settles('stop', approver, { asking }),
  'stop after this step, an old card': (asking) => settles('stop', requester, { asking: asking - 1 }),
  remind: (asking) => reminds(requester, asking),
  'remind, by another': (asking) => reminds(approver, asking),
  'remind, an old card': (asking) => reminds(requester, asking - 1),
  expire: () => expires,
  'check, covered': () => checks(),
  'check, moved': () => checks({ plan: moved }),
  'check, another run': () => checks({ run: 2 }),
  intend: () => intends(),
  'intend, another run': () => intends(2),
  'record, done': () => records(1, doneWith('enable-identity')),
  'record, to repeat': () => records(1, failedWith('enable-identity', '2026-03-02T12:01:00.000Z')),
  'record, stuck': () => records(1, failedWith('enable-identity', null)),
  'record, another run': () => records(2, doneWith('verify')),
  stop: () => stops(),
  'stop, another run': () => stops(2),
};

const all = (outcome: string): string[] => Array(9).fill(outcome);
const then = (first: readonly string[], rest: string): string[] => [...first, ...Array(9 - first.length).fill(rest)];
/** No correct runner does this. */
const thrown = 'thrown';
const inRun = (outcome: string): string[] => then(['request-ended', outcome, outcome], 'request-ended');

const underWay = (outcome: string): string[] => then(['request-ended', thrown, outcome], 'request-ended');

/** In the order of the states above. */
const outcomes: Record<keyof typeof commands, readonly string[]> = {
  submit: all('form-ended'),
  'approve, by another': then(['approved run-ordered', 'already-approved-by-you'], 'decided-late'),
  'approve, once more': then(['already-approved-by-you', 'already-approved-by-you'], 'decided-late'),
  'approve, by the requester': all('own-request'),
  'approve, by an outsider': all('not-an-approver'),
  'approve, an old card': all('stale-card'),
  reject: then(['rejected', 'rejected', 'decided-late stop-requested'], 'decided-late'),
  'reject, by who approved': then(['rejected', 'rejected', 'decided-late stop-requested'], 'decided-late'),
  'reject, by the requester': all('own-request'),
  change: then(['request-changed'], 'change-too-late'),
  'change, by another': all('not-your-request'),
  'change, an old card': then(['changed-meanwhile'], 'change-too-late'),
  cancel: then(['cancelled', 'cancelled', 'run-started', 'run-started'], 'request-ended'),
  'cancel, by another': all('not-your-request'),
  'cancel, an old card': all('stale-card'),
  'retry, an old card': all('stale-card'),
  retry: then(
    ['not-needing-attention', 'not-needing-attention', 'not-needing-attention', 'retried run-ordered'],
    'request-ended',
  ),
  'give up': then(
    ['not-needing-attention', 'not-needing-attention', 'not-needing-attention', 'failed'],
    'request-ended',
  ),
  'give up, by an outsider': all('not-an-approver'),
  'stop after this step': then(['run-not-begun', 'run-not-begun', 'stop-requested', 'run-stopped'], 'request-ended'),
  'stop after this step, by an outsider': all('not-an-approver'),
  'stop after this step, an old card': all('stale-card'),
  remind: then(['reminded'], 'not-awaiting-approval'),
  'remind, by another': all('not-your-request'),
  'remind, an old card': all('stale-card'),
  expire: then(['expired'], 'not-awaiting-approval'),
  'check, covered': then(['not-awaiting-approval', 'run-checked'], 'not-awaiting-approval'),
  'check, moved': then(['not-awaiting-approval', 'plan-changed'], 'not-awaiting-approval'),
  'check, another run': all('not-awaiting-approval'),
  intend: then(['request-ended', 'step-intended', thrown], 'request-ended'),
  'intend, another run': all('request-ended'),
  'record, done': underWay('step-done'),
  'record, to repeat': underWay('step-failed'),
  'record, stuck': underWay('step-failed attention-needed'),
  'record, another run': all('request-ended'),
  stop: inRun('attention-needed'),
  'stop, another run': all('request-ended'),
};

describe.each(Object.keys(commands))('%s', (name) => {
  const command = commands[name];
  if (command === undefined) throw new Error(`no command ${name}`);

  it.each(order)('comes to what the table says when %s', (state) => {
    const request = states[state];
    expect(request.state).toBe(state);
    const now = name === 'expire' ? later : undefined;
    const outcome = outcomes[name]?.[order.indexOf(state)];
    if (outcome === thrown) expect(() => comesTo(request, command(request.asking), now)).toThrow(request.id);
    else expect(comesTo(request, command(request.asking), now)).toBe(outcome);
  });

  it('needs a request, unless it makes one', () => {
    expect(comesTo(null, command(1))).toBe(name === 'submit' ? 'submitted' : 'unknown-request');
  });
});

it('a plan with a block is not submitted', () => {
  expect(comesTo(null, asks(2, planFor({ seen: { key: null } })))).toBe('plan-blocked');
});
