import { type Check, judge } from '../../../../src/domain/check.ts';
import { botFailure } from '../../../../src/domain/failure.ts';
import { attentionCard, attentionHeadline } from '../../../../src/teams/cards/views/attention-view.ts';
import { auditRootCard } from '../../../../src/teams/cards/views/audit-view.ts';
import { statusCard } from '../../../../src/teams/cards/views/status-view.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { records, type Turn } from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';
import { principal, resource, vault } from '../../../support/builders/plans.ts';
import { azureSaid, blocked, forbidden } from '../../../support/cards/card-failures.ts';
import { keyName, planOf, seen } from '../../../support/cards/card-plans.ts';
import { contextAt, names } from '../../../support/cards/card-readers.ts';
import {
  approves,
  asked,
  checked,
  didNot,
  done,
  intends,
  proofs,
  requestOf,
  settles,
  stuck,
  worked,
} from '../../../support/cards/card-turns.ts';

const context = contextAt('2026-03-02T12:12:00.000Z', { kind: 'requester' });
const statusOf = (...turns: readonly Turn[]): string => textsOf(statusCard(requestOf(...turns), context)).join('\n');
function stuckAfter(...turns: readonly Turn[]) {
  const request = requestOf(...turns);
  if (request.state !== 'needs-attention' && request.state !== 'failed') throw new Error(request.state);
  return { headline: attentionHeadline(request, names), text: textsOf(attentionCard(request, context)).join('\n') };
}

const began: readonly Turn[] = [asked(), approves(), checked()];

test('a check that ends a run says after which step', () => {
  const ends: Turn = { do: 'stop-run', run: 1, failure: blocked };
  expect(stuckAfter(...began, ends).headline).toBe('The run ended before its first step');
  const steps = [...done(1, 'enable-identity'), ...done(1, 'grant-key-access')];
  const after = 'The run was interrupted after step 2 of 5 (Assign key access)';
  expect(stuckAfter(...began, ...steps, ends).headline).toBe(after);
});

/** A second run, after the first failed in its second step. */
const again: readonly Turn[] = [
  ...began,
  ...done(1, 'enable-identity'),
  ...stuck(1, 'grant-key-access', forbidden),
  settles('retry', requester),
];

test('a check that fails before a second run is not the failure of the step in the first', () => {
  const down = azureSaid({ code: 'ServiceUnavailable', status: 503, doing: 'reading agent triage-agent-prod' });
  const { headline, text } = stuckAfter(...again, { do: 'stop-run', run: 2, failure: down });
  expect(headline).toBe('Run 2 ended before its first step');
  expect(text).toContain('The bot was reading agent triage-agent-prod.');
  expect(text).toContain('Not confirmed in run 1: an attempt might have changed Azure.');
  expect(text).toContain('Not started in run 2.');
});

test('a run that waits for the check before it says so, and what the run before completed', () => {
  const text = statusOf(...again);
  expect(text).toContain('Checking before run 2');
  expect(text).toContain('Run 2 hasn’t started, and nothing changes until it does.');
  expect(text).toContain('Completed in run 1. Not rolled back.');
  expect(text).not.toMatch(/Approved/);
});

const toKey: readonly Turn[] = [
  ...began,
  ...done(1, 'enable-identity'),
  ...done(1, 'grant-key-access'),
  ...done(1, 'protect-vault'),
];
const refusedKey = azureSaid({ code: 'KeyVaultAccessForbidden', status: 200, next: 'retry-until', change: 'accepted' });
const stoppedBetween: readonly Turn[] = [
  ...toKey,
  intends(1, 1, 'set-cmk'),
  records(1, didNot('set-cmk', refusedKey, '2026-03-02T12:30:00.000Z')),
  settles('stop', approver, 'yes'),
];

test('a stop between two attempts does not say that the step is finished', () => {
  const { text } = stuckAfter(...stoppedBetween);
  expect(text).toContain('Approver stopped the run in step 4 of 5 (Set customer-managed key), after attempt 1');
  expect(text).toContain('Azure accepted attempt 1 and did not confirm it (KeyVaultAccessForbidden).');
  expect(text).toContain('the state Failed');
  expect(text).toContain('An approver stopped the run, so Retry asks for approval again.');
});

test('a stop while the key is being set says, once Azure shows it, that it was set', () => {
  const [begins, ends] = done(1, 'set-cmk');
  if (begins === undefined || ends === undefined) throw new Error('no step');
  const turns = [...toKey, begins, settles('stop', requester), ends] as const;
  for (const { text } of [stuckAfter(...turns), stuckAfter(...turns, settles('give-up', requester))]) {
    expect(text).toContain('Requester stopped the run after step 4 of 5 (Set customer-managed key)');
    expect(text).toContain('Azure showed the new key when the bot read it back');
  }
});

describe('what to do about a check that blocks a run', () => {
  const told = (check: Check): string => {
    const failure = botFailure('checking', { code: 'blocked', check });
    return statusOf(...began, { do: 'stop-run', run: 1, failure });
  };

  test('is to end the request, if only another choice helps', () => {
    const key = { vaultUri: seen().vault.uri, keyName, keyVersion: null };
    const text = told(judge('block', 'already-under-another-key', { key }));
    expect(text).toContain('End this request first. Use /rotate-cmk to change the key or version.');
    expect(text).not.toContain('Retry uses');
  });

  test('is to remove it and to retry, or to choose again without this request', () => {
    const text = told(judge('block', 'key-expired', { at: '2026-03-01T00:00:00.000Z' }));
    expect(text).toContain('Set a later expiration date in the vault, or choose another key.');
    expect(text).toContain('Before you choose again, end this request. Retry uses the existing approvals');
  });
});

/** Run 1 did all but the key. Then the approver left the group, and the request was approved again for what remains. */
const remaining = planOf({
  resource: resource({ ...seen().resource, systemAssigned: true, principalId: principal, tenantId: tenant }),
  vault: vault({ ...seen().vault, purgeProtection: true }),
  grantHeld: true,
});
const approvedAgain: readonly Turn[] = [
  ...toKey,
  ...stuck(1, 'set-cmk', forbidden),
  settles('retry', requester),
  checked(remaining, 'no', 2),
];
const lastRun: readonly Turn[] = [...approvedAgain, approves(), checked(remaining, 'yes', 3)];
const stopped: Turn = { do: 'stop-run', run: 3, failure: blocked };

describe('what a run under an earlier plan changed', () => {
  test('is named when the request needs attention, and when it was ended', () => {
    const text = statusOf(...lastRun, stopped);
    expect(text).toContain('Completed under an earlier plan. Can’t be undone.');
    expect(text).toContain('Progress: 3 completed, 2 not started');
    expect(text).toMatch(/Completed changes stay in Azure: .*Turn on purge protection/);
    expect(text).not.toContain('No step is completed');
    expect(statusOf(...lastRun, stopped, settles('give-up', requester))).toContain('Failed: 3 of 5 steps completed');
  });

  test('is named while another run is under way', () => {
    const offer = 'Can’t be undone: turn on purge protection.';
    expect(statusOf(...lastRun, intends(3, 1, 'set-cmk'))).toContain(offer);
  });

  test('is counted among the changes of a success', () => {
    const verified = [intends(3, 1, 'verify'), records(3, worked('verify', { proofs: proofs('proved') }))];
    const text = statusOf(...lastRun, ...done(3, 'set-cmk'), ...verified);
    expect(text).toContain('4 changes made in Azure');
    expect(text).toContain('Purge protection: off → on');
    expect(text).toContain('Completed under an earlier plan.');
  });

  test('stays in the audit channel', () => {
    const root = (...turns: readonly Turn[]) => JSON.stringify(auditRootCard(requestOf(...turns), names, 1));
    expect(root(...approvedAgain)).toContain('1 step, completed');
  });

  test('is not said to be there if it has to be done again', () => {
    const again = planOf({ ...remaining.observation, grantHeld: false });
    const text = statusOf(
      ...approvedAgain.slice(0, -1),
      checked(again, 'no', 2),
      approves(),
      checked(again, 'yes', 3),
      stopped,
    );
    expect(text).toContain(
      'Completed changes stay in Azure: Turn on system-assigned identity, Turn on purge protection.',
    );
  });

  test('is not said to be unchanged if no answer confirmed it', () => {
    const lost = azureSaid({ code: 'ServiceUnavailable', status: 503, doing: 'setting the key', change: 'unknown' });
    const begun: readonly Turn[] = [
      ...toKey.slice(0, -2),
      ...stuck(1, 'protect-vault', lost),
      settles('retry', requester),
    ];
    const text = statusOf(...begun, checked(remaining, 'no', 2), approves(), checked(remaining, 'yes', 3), stopped);
    expect(text).toContain(
      'Not confirmed under an earlier plan: an attempt might have changed Azure. Can’t be undone.',
    );
  });
});
