import { ArmId, armTypeOf } from '../../../../src/domain/ids.ts';
import { applyPolicy, readChangeReference, ruleFor, termsFor } from '../../../../src/domain/policy/policy.ts';
import type { TagRule } from '../../../../src/domain/policy/rules.ts';
import { resourceId } from '../../../support/builders/fixtures.ts';
import { noon, planFor, resource, vault } from '../../../support/builders/plans.ts';
import { policyOf, rule } from '../../../support/builders/policies.ts';

const hour = 3_600_000;
const care = rule({ name: 'care', match: { resources: ['bot-*'] }, approvers: ['c'], expiryMs: 2 * hour });
const wards = rule({ name: 'wards', match: { resources: ['*'] }, approvalsRequired: 3 });
const production: TagRule = {
  name: 'production',
  match: { tags: { environment: ['production'] } },
  approvers: ['p'],
  approvalsRequired: 2,
  expiryMs: hour,
};
const lax: TagRule = {
  name: 'lax',
  match: { tags: { environment: ['test'] } },
  approvalsRequired: 1,
  expiryMs: 99 * hour,
  extraApprovalForIrreversible: false,
};
const policy = policyOf([care, wards], {}, { tagRules: [production, lax], trustedTags: ['environment'] });
const tagged = (environment: string) => resource({ tags: { environment } });

it('the rule that applies is the first that matches by what nobody can rewrite', () => {
  expect(ruleFor(policy, resource()).name).toBe('care');
  expect(ruleFor(policy, resource({ name: 'triage' })).name).toBe('wards');
  expect(ruleFor(policyOf([care]), resource({ name: 'triage' })).name).toBe('environment');
});

it('rules that name no kinds, and the settings, give nobody a role for another kind', () => {
  const id = ArmId.parse(
    `${resourceId().split('/providers/')[0]}/providers/Microsoft.Storage/storageAccounts/bot-care`,
  );
  const rules = [care, rule({ name: 'accounts', match: { kinds: [armTypeOf(id)] }, approvers: ['s'] })];
  const everyone = { requesters: ['r'], approvers: ['a'] };
  expect(termsFor(policyOf([care], everyone), resource({ id }))).toMatchObject({ requesters: [[]], approvers: [[]] });
  expect(ruleFor(policyOf(rules, everyone), resource({ id }))).toMatchObject({ name: 'accounts', approvers: ['s'] });
  expect(ruleFor(policyOf(rules, everyone), resource()).name).toBe('care');
});

describe('a rule by tag', () => {
  it('makes the rule that applies stricter, in what it says and nothing else', () => {
    expect(termsFor(policy, tagged('Production'))).toMatchObject({
      rule: care,
      tightenedBy: [production],
      requesters: [[]],
      approvers: [['c'], ['p']],
      approvalsRequired: 2,
      expiryMs: hour,
    });
  });

  it('that would be looser has no effect', () => {
    expect(termsFor(policy, tagged('test'))).toMatchObject({
      tightenedBy: [lax],
      approvers: [['c']],
      approvalsRequired: 1,
      expiryMs: 2 * hour,
    });
    const strict = policyOf([wards], { extraApprovalForIrreversible: true }, policy);
    expect(termsFor(strict, tagged('test')).approvalsRequired).toBe(3);
    const careful = policyOf([], { extraApprovalForIrreversible: true }, policy);
    expect(termsFor(careful, tagged('test')).extraApprovalForIrreversible).toBe(true);
  });
});

describe('the policy of a plan', () => {
  it('says when to escalate, where that is before the request expires', () => {
    const at = (escalateAfterMs: number) =>
      applyPolicy({ ...policyOf([], { expiryMs: hour }), escalateAfterMs }, planFor(), noon).escalateAt;
    expect([at(hour - 1), at(hour)]).toEqual(['2026-03-02T12:59:59.999Z', undefined]);
  });

  it('is what the rules for its agent say, with the reasons why they hold', () => {
    expect(applyPolicy(policy, planFor({ seen: { resource: tagged('production') } }), noon)).toEqual({
      version: 'p1',
      digest: 'd'.repeat(64),
      rule: 'care',
      held: [
        { rule: 'care', criteria: [{ name: 'resources', found: 'bot-care', judged: 'matches' }] },
        { rule: 'production', criteria: [{ name: 'tags.environment', found: 'production', judged: 'matches' }] },
      ],
      approvalsRequired: 2,
      expiresAt: '2026-03-02T13:00:00.000Z',
    });
  });

  it('wants one more approval where the rule says so and a step cannot be undone', () => {
    const careful = policyOf([], { extraApprovalForIrreversible: true });
    const needed = (purgeProtection: boolean) =>
      applyPolicy(careful, planFor({ seen: { vault: vault({ purgeProtection }) } }), noon).approvalsRequired;
    expect([needed(false), needed(true)]).toEqual([2, 1]);
  });
});

it('a change number is matched whole, and in linear time whatever the pattern', () => {
  const read = (pattern: string, typed: string) => readChangeReference(typed, { pattern, required: true });
  expect(read('CHG[0-9]{7}', 'CHG0031337')).toBe('CHG0031337');
  expect(read('CHG[0-9]{7}|INC', 'CHG0031337 for a ward')).toMatchObject({ code: 'change-reference-unfit' });
  // A matcher that backtracks takes years.
  expect(read('([A-Z0-9]+-?)+', `${'A'.repeat(63)}!`)).toMatchObject({ code: 'change-reference-unfit' });
});
