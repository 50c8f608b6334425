/** Texts for the policy rules that apply to a resource, why, and who can approve. */
import type { AppliedRule } from '../domain/policy/policy.ts';
import { environmentRule } from '../domain/policy/rules.ts';

const places: Readonly<Record<string, string>> = {
  kinds: 'kind',
  subscriptions: 'subscription',
  resourceGroups: 'resource group',
  resources: 'resource',
};

/** `resource group`, `tag environment` */
const criterionName = (name: string): string => places[name] ?? name.replace(/^tags\./, 'tag ');

function criterionWords({ name, found, judged }: AppliedRule['criteria'][number]): string {
  const criterion = criterionName(name);
  switch (judged) {
    case 'matches':
      return `${criterion} is ${found}`;
    case 'differs':
      return `${criterion} is ${found}, which is another`;
    case 'tag-missing':
      return `${criterion} is missing, so the rule applies`;
    case 'tag-not-vouched-for':
      return `${criterion} is ${found}, which anyone with access to tags can set`;
  }
}

/** Why a rule applies: `resource group is rg-care-prod; tag environment is missing, so the rule applies`. */
export function reasonWords({ rule, criteria }: AppliedRule): string {
  if (criteria.length > 0) return criteria.map(criterionWords).join('; ');
  return rule === environmentRule ? 'no other rule matches' : 'it matches every resource';
}

export const noApprovers = 'no one: CMK_APPROVERS is empty, or CMK_KINDS leaves out this kind of resource';

/** `Approver, CMK approvers and others`. `approvers`: names of people and groups; null for one whose name is unknown. */
export function approverWords(approvers: readonly (string | null)[]): string {
  const names = [...new Set(approvers.filter((name) => name !== null))];
  if (approvers.length === 0) return 'no one else can';
  if (names.length === 0) return 'the configured approvers';
  return approvers.includes(null) ? `${names.join(', ')} and others` : names.join(', ');
}
