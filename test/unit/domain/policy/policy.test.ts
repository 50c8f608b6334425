import { planDigest } from '../../../../src/domain/digest.ts';
import { applyPolicy, ruleFor } from '../../../../src/domain/policy/policy.ts';
import { noon, planFor, resource, sha256, vault } from '../../support/plans.ts';
import { policyOf, rule } from '../../support/policies.ts';

const production = rule({ name: 'production', match: { tags: { environment: ['production'] } }, approvalsRequired: 2 });
const care = rule({ name: 'care', match: { resources: ['bot-*'] }, expiryMs: 3_600_000 });
const policy = policyOf([production, care], { approvalsRequired: 1 });
const inProduction = resource({ tags: { environment: 'production' } });

describe('the rule that applies', () => {
  it('is the first that matches', () => {
    expect(ruleFor(policy, inProduction).name).toBe('production');
    expect(ruleFor(policy, resource()).name).toBe('care');
  });

  it('is the environment’s where none matches', () => {
    expect(ruleFor(policy, resource({ name: 'triage' })).name).toBe('environment');
  });
});

describe('the policy of a plan', () => {
  it('is what the rule for its agent says', () => {
    expect(applyPolicy(policy, planFor({ seen: { resource: inProduction } }), noon)).toEqual({
      version: 'p1',
      rule: 'production',
      approvalsRequired: 2,
      expiresAt: '2026-03-05T12:00:00.000Z',
    });
    expect(applyPolicy(policy, planFor(), noon)).toMatchObject({ rule: 'care', expiresAt: '2026-03-02T13:00:00.000Z' });
  });

  it('wants one more approval where the rule says so and a step cannot be undone', () => {
    const careful = policyOf([], { extraApprovalForIrreversible: true });
    const needed = (purgeProtection: boolean) =>
      applyPolicy(careful, planFor({ seen: { vault: vault({ purgeProtection }) } }), noon).approvalsRequired;
    expect([needed(false), needed(true)]).toEqual([2, 1]);
  });
});

it('tags are no effects: the digest stays when they change', () => {
  const digest = (seen: ReturnType<typeof resource>) => planDigest(planFor({ seen: { resource: seen } }), sha256);
  expect(digest(inProduction)).toBe(digest(resource()));
});
