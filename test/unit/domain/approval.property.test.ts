import fc from 'fast-check';
import { decide } from '../../../src/domain/decide.ts';
import type { PersonId } from '../../../src/domain/ids.ts';
import type { Standing } from '../../../src/domain/policy.ts';
import type { Request } from '../../../src/domain/request.ts';
import type { Command } from '../../../src/domain/request-command.ts';
import { approver, requester } from '../../support/fixtures.ts';
import { asks, checks, decides, outsider, policy, requestAfter, secondApprover } from '../support/commands.ts';
import { noon, planFor, vault } from '../support/plans.ts';

/** What one decision lets through, whoever clicks and whatever the rules have become meanwhile. */
const everybody: readonly PersonId[] = [requester, approver, secondApprover, outsider];
const standing = fc.constantFrom<Standing>('yes', 'no', 'unknown', 'nobody-configured');
const runs = { numRuns: 1000 };

const irreversible = planFor();
const harmless = planFor({ seen: { vault: vault({ purgeProtection: true }) } });

it('an approval counts only of another person who may, who has not approved, and who ticked what cannot be undone', () => {
  const click = fc.record({
    by: fc.constantFrom(...everybody),
    standing,
    acknowledged: fc.boolean(),
    plan: fc.constantFrom(irreversible, harmless),
    before: fc.subarray([approver, secondApprover]),
  });
  let counted = 0;
  fc.assert(
    fc.property(click, ({ by, standing: held, acknowledged, plan, before }) => {
      const request = requestAfter(asks(3, plan), ...before.map((one) => decides('approve', one)));
      const decided = decide(request, decides('approve', by, { standing: held, acknowledged }), noon);
      const counts = decided.kind === 'accepted' && decided.events.some(({ body }) => body.type === 'approved');
      const ticked = acknowledged || plan === harmless;
      expect(counts).toBe(by !== requester && held === 'yes' && ticked && !before.includes(by));
      counted += counts ? 1 : 0;
    }),
    runs,
  );
  expect(counted).toBeGreaterThan(20);
});

it('a run goes on only with as many who still may as were asked for then, and as are now', () => {
  const check = fc.record({
    asked: fc.integer({ min: 1, max: 2 }),
    now: fc.integer({ min: 1, max: 4 }),
    standings: fc.dictionary(fc.constantFrom<string>(approver, secondApprover), standing),
  });
  let went = 0;
  fc.assert(
    fc.property(check, ({ asked, now, standings }) => {
      const approvals = [approver, secondApprover].slice(0, asked).map((one) => decides('approve', one));
      const request: Request = requestAfter(asks(asked), ...approvals);
      expect(request.state).toBe('approved');
      const command = { ...checks({ standings }), policy: policy(now) } as Command;
      const decided = decide(request, command, noon);
      const still = request.approvals.filter(({ by }) => standings[by] === 'yes').length;
      const goes = decided.kind === 'accepted' && decided.events.length === 0;
      expect(goes).toBe(still >= Math.max(asked, now));
      went += goes ? 1 : 0;
    }),
    runs,
  );
  expect(went).toBeGreaterThan(20);
});
