/** Policies for tests: rules by what they change, and the environment's settings behind them. */
import type { Policy } from '../../../src/domain/policy/policy.ts';
import { environmentRule, type Rule } from '../../../src/domain/policy/rules.ts';

export const rule = (change: Partial<Rule> = {}): Rule => ({
  name: environmentRule,
  match: {},
  requesters: [],
  approvers: [],
  approvalsRequired: 1,
  expiryMs: 72 * 3_600_000,
  extraApprovalForIrreversible: false,
  ...change,
});

export const policyOf = (
  rules: readonly Rule[] = [],
  otherwise: Partial<Rule> = {},
  { tagRules = [], trustedTags = [] }: Partial<Pick<Policy, 'tagRules' | 'trustedTags'>> = {},
): Policy => ({
  version: 'p1',
  rules,
  otherwise: rule(otherwise),
  tagRules,
  trustedTags,
});
