import { decide } from '../../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../../src/domain/request/events.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { safeNow } from '../../../../src/operator/cli/words/safe-now.ts';
import {
  asks,
  attention,
  cancels,
  checks,
  decides,
  expires,
  failedWith,
  intends,
  records,
  requestAfter,
  secondApprover,
  settles,
  stops,
  toApproved,
  toAttention,
  toRunning,
  toSettingKey,
  toSucceeded,
} from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';
import { noon, planFor, principal, resource, vault } from '../../../support/builders/plans.ts';

const states: Record<Request['state'], Request> = {
  'awaiting-approval': requestAfter(asks()),
  approved: requestAfter(...toApproved),
  running: requestAfter(...toRunning),
  'needs-attention': requestAfter(...toAttention),
  succeeded: requestAfter(...toSucceeded),
  failed: requestAfter(...toAttention, settles('give-up', requester, { asking: attention })),
  rejected: requestAfter(asks(), decides('reject', secondApprover)),
  cancelled: requestAfter(asks(), cancels()),
  expired: requestAfter(asks(), expires),
};

const operator = operatorActor('duty');
const command = (verb: 'cancel' | 'stop' | 'retry' | 'give-up', asking: number): Command => ({
  do: verb,
  by: null,
  actor: operator,
  asking,
  roleStatus: 'no',
  requesterStatus: 'no',
  comment: 'No longer wanted',
});

it.each(Object.values(states).map((request) => [request.state, request] as const))(
  'says just what an operator may do when %s',
  (_state, request) => {
    const verbs = (['cancel', 'stop', 'retry', 'give-up'] as const).filter(
      (verb) => decide(request, command(verb, request.asking), noon).kind === 'accepted',
    );
    const { verbs: said, words } = safeNow(request);
    expect(said).toEqual(verbs);
    for (const verb of verbs) expect(words).toContain(`${verb}: `);
    expect(words).not.toBe('');
  },
);

/** Its key may have been set. */
const stuck = [...toSettingKey, intends(1, 'set-cmk'), records(1, failedWith('set-cmk', null))];
const { asking } = requestAfter(...stuck);

it('does not claim that a key is untouched once it may have been set', () => {
  expect(safeNow(states['needs-attention']).words).toContain('This request didn’t change the agent’s key.');
  expect(safeNow(requestAfter(...stuck)).words).toContain('It isn’t known whether the agent’s key changed');
});

it('names what is done and what is not after a person gave up', () => {
  const after = requestAfter(...stuck, settles('give-up', requester, { asking }));
  expect(safeNow(after).words).toMatch(
    /Completed, and left as it is: turn on system-assigned identity, .*\. Not done: set customer-managed key/,
  );
});

it('names what an earlier plan changed while the request waits again, and after it ended', () => {
  const plan = planFor({
    seen: {
      resource: resource({ systemAssigned: true, principalId: principal, tenantId: tenant }),
      vault: vault({ purgeProtection: true }),
      grantHeld: true,
    },
  });
  const left = { [approver]: 'no', [secondApprover]: 'yes' } as const;
  const waits = [...stuck, settles('retry', requester, { asking }), checks({ run: 2, plan, roleStatuses: left })];
  const said = safeNow(requestAfter(...waits)).words;
  expect(said).toContain(
    'Completed in earlier runs: turn on system-assigned identity, assign key access, turn on purge protection.',
  );
  expect(said).not.toContain('Nothing has been changed');
  const { revision } = requestAfter(...waits);
  const ended = safeNow(requestAfter(...waits, cancels(requester, revision))).words;
  expect(ended).toContain('Completed in earlier runs: turn on system-assigned identity');
  const again = [
    decides('approve', approver, { asking: revision }),
    decides('approve', secondApprover, { asking: revision }),
  ];
  const stopped = requestAfter(...waits, ...again, checks({ run: 3, plan }), stops(3));
  expect(safeNow(stopped).words).toContain('3 completed steps stay');
});
