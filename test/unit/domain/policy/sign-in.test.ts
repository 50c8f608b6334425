import { TenantId } from '../../../../src/domain/ids.ts';
import type { SignIn } from '../../../../src/domain/policy/sign-in.ts';
import {
  approvedBy,
  asks,
  comesTo,
  decides,
  eventsAfter,
  requestAfter,
  secondApprover,
} from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';
import { noon } from '../../../support/builders/plans.ts';

/** Approving where it needs a sign-in of its own: `c1`, at most ten minutes old. */

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
