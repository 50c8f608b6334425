import { changedSection } from '../../../src/audit/evidence/report/changed.ts';
import { runOf } from '../../../src/audit/evidence/report/time-line.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import {
  checks,
  decides,
  does,
  eventsAfter,
  failedWith,
  id,
  intends,
  records,
  secondApprover,
  settles,
  toSettingKey,
} from '../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../support/builders/fixtures.ts';
import { planFor, principal, resource, vault } from '../../support/builders/plans.ts';

it('lists changes of runs under earlier plans, and draws the steps of the last', () => {
  const stuck = [...toSettingKey, intends(1, 'set-cmk'), records(1, failedWith('set-cmk', null))];
  const asking = eventsAfter(...stuck).length;
  const plan = planFor({
    seen: {
      resource: resource({ systemAssigned: true, principalId: principal, tenantId: tenant }),
      vault: vault({ purgeProtection: true }),
      grantHeld: true,
    },
  });
  const left = { [approver]: 'no', [secondApprover]: 'yes' } as const;
  const waits = [...stuck, settles('retry', requester, { asking }), checks({ run: 2, plan, roleStatuses: left })];
  const again = eventsAfter(...waits).length;
  const events = eventsAfter(
    ...waits,
    decides('approve', approver, { asking: again }),
    decides('approve', secondApprover, { asking: again }),
    checks({ run: 3, plan }),
    ...does('set-cmk', {}, 3),
  );
  const request = fold(id, events);
  if (request === null) throw new Error('no request');
  const facts = { request, events, names: () => null, note: '', witness: null, later: null };
  const report = { ...facts, vault: false, texts: true, madeOf: '', rules: false };
  const rows = changedSection(report).text.match(/<th scope="row">[^<]*/g);
  expect(rows).toEqual(
    ['1 Agent’s identity', '2 Agent’s role on the key', '3 Purge protection ▲', '4 Agent’s key'].map(
      (row) => `<th scope="row">${row}`,
    ),
  );
  expect(runOf(report)?.stories.map(({ step }) => step.name)).toEqual(['set-cmk', 'verify']);
});
