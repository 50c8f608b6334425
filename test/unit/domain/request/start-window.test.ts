import { consequencesOf } from '../../../../src/domain/request/consequences.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import type { Command, Submit } from '../../../../src/domain/request/request-command.ts';
import { maxStartAheadMs, startsAt } from '../../../../src/domain/request/start-window.ts';
import {
  asks,
  cancels,
  checks,
  comesTo,
  decides,
  eventsAfter,
  requestAfter,
  secondApprover,
} from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { noon } from '../../../support/builders/plans.ts';

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
