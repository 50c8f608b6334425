/** Policies for tests: rules by what they change, and the environment's settings behind them. */
import { type Policy, type Terms, termsFor } from '../../../src/domain/policy/policy.ts';
import { environmentRule, ownSubscription, type Rule } from '../../../src/domain/policy/rules.ts';
import { usualKinds } from '../../../src/operations/resources/registry.ts';
import { resourceId } from './fixtures.ts';

const resourceFacts = { id: resourceId(), name: 'bot-care', tags: {} };

export const rule = (change: Partial<Rule> = {}): Rule => ({
  name: environmentRule,
  match: {},
  requesters: [],
  approvers: [],
  approvalsRequired: 1,
  expiryMs: 72 * 3_600_000,
  extraApprovalForIrreversible: false,
  vaults: ownSubscription,
  requireNewKey: false,
  ...change,
});

export const termsOf = (change: Partial<Rule> = {}): Terms => termsFor(policyOf([], change), resourceFacts);

export const policyOf = (
  rules: readonly Rule[] = [],
  otherwise: Partial<Rule> = {},
  { tagRules = [], trustedTags = [] }: Partial<Pick<Policy, 'tagRules' | 'trustedTags'>> = {},
): Policy => ({
  version: 'p1',
  digest: 'd'.repeat(64),
  rules,
  otherwise: rule(otherwise),
  tagRules,
  trustedTags,
  changeReference: null,
  usualKinds,
});
