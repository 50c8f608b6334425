import { expect, test } from '@jest/globals';
import { attentionCard, attentionHeadline } from '../../../../src/teams/cards/views/attention-view.ts';
import type { CardContext } from '../../../../src/teams/cards/views/reader.ts';
import { statusCard } from '../../../../src/teams/cards/views/status-view.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { records } from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { azureSaid, blocked, forbidden } from '../../../support/cards/card-failures.ts';
import { names, patienceAt } from '../../../support/cards/card-readers.ts';
import {
  approves,
  asked,
  checked,
  didNot,
  done,
  intends,
  requestOf,
  settles,
  stuck,
  type Turn,
} from '../../../support/cards/card-turns.ts';

const contextOf = (): CardContext => ({
  timeLimits: patienceAt('2026-03-02T12:12:00.000Z'),
  reader: { kind: 'requester' },
  names,
  awaited: '',
  addressed: [],
  userIds: [],
  paused: false,
  stepUp: false,
});

const began: readonly Turn[] = [asked(), approves(), checked()];
const nameOf = (...turns: readonly Turn[]): string => {
  const request = requestOf(...turns);
  if (request.state !== 'needs-attention') throw new Error(request.state);
  return attentionHeadline(request, names);
};
const headline = (...turns: readonly Turn[]) => nameOf(...turns, { do: 'stop-run', run: 1, failure: blocked });

test('a check that ends a run says after which step', () => {
  expect(headline(...began)).toBe('The run ended before its first step');
  const [first, second] = [done(1, 'enable-identity'), done(1, 'grant-key-access')];
  expect(headline(...began, ...first, ...second)).toBe('The run was interrupted after step 2 of 5 (Assign key access)');
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
  const failed: Turn = { do: 'stop-run', run: 2, failure: down };
  expect(nameOf(...again, failed)).toBe('Run 2 ended before its first step');
  const request = requestOf(...again, failed);
  if (request.state !== 'needs-attention') throw new Error(request.state);
  const text = textsOf(attentionCard(request, contextOf())).join('\n');
  expect(text).toContain('The bot was reading agent triage-agent-prod.');
  expect(text).toContain('Not confirmed in run 1: an attempt might have changed Azure.');
  expect(text).toContain('Not started in run 2.');
});

test('a run that waits for the check before it says so, and what the run before completed', () => {
  const text = textsOf(statusCard(requestOf(...again), contextOf())).join('\n');
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
  const request = requestOf(...stoppedBetween);
  if (request.state !== 'needs-attention') throw new Error(request.state);
  const text = textsOf(attentionCard(request, contextOf())).join('\n');
  expect(text).toContain('Approver stopped the run in step 4 of 5 (Set customer-managed key), after attempt 1');
  expect(text).toContain('Azure accepted attempt 1 and did not confirm it (KeyVaultAccessForbidden).');
  expect(text).toContain('the state Failed');
  expect(text).toContain('An approver stopped the run, so Retry asks for approval again.');
});

test('a stop while the key is being set says, once Azure shows it, that it was set', () => {
  const [begins, ends] = done(1, 'set-cmk');
  if (begins === undefined || ends === undefined) throw new Error('no step');
  const turns = [...toKey, begins, settles('stop', requester), ends] as const;
  for (const request of [requestOf(...turns), requestOf(...turns, settles('give-up', requester))]) {
    if (request.state !== 'needs-attention' && request.state !== 'failed') throw new Error(request.state);
    const text = textsOf(attentionCard(request, contextOf())).join('\n');
    expect(text).toContain('Requester stopped the run after step 4 of 5 (Set customer-managed key)');
    expect(text).toContain('Azure showed the new key when the bot read it back');
  }
});
