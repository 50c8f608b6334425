/** Checks valid rules for risks. */
import { rulesOf, untrustedTags } from '../../domain/policy/policy.ts';
import type { Rule, TagRule } from '../../domain/policy/rules.ts';
import { countOf } from '../../text/words.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { changeSetting } from './commands.ts';
import { findTooFewPeople, type Holder, type HolderLookup, peopleOf, resolveHolders } from './role-members.ts';
import { about, type DoctorEnvironment, fail, ok, warn } from './subjects.ts';

const subjectOf = ({ name }: Pick<Rule, 'name'>) => about('people/rule', `rule ${name}`);

function holderMistakes(
  rule: Pick<Rule, 'name'>,
  role: 'requester' | 'approver',
  holders: readonly Holder[],
): readonly Diagnosis[] {
  return holders.flatMap(({ id, entry }) => {
    if (entry === null) {
      const mend = 'No one has this id: correct it, or remove it.';
      return [warn(subjectOf(rule), `${role} ${id} is neither a group nor a person`, mend)];
    }
    if (entry === 'unknown' || entry.kind === 'person' || entry.members.length > 0 || !entry.complete) return [];
    const mend = 'Add people to the group, or remove it from the rule.';
    return [
      warn(
        subjectOf(rule),
        `${role} group ${entry.name} (${id}) is empty; guests and disabled accounts don’t count`,
        mend,
      ),
    ];
  });
}

/** Reports a role whose ids have no members, if the directory resolved all of them. */
function emptyRole(rule: Rule, role: 'requesters' | 'approvers', holders: readonly Holder[], isUsual: boolean) {
  if (holders.length === 0 || peopleOf(holders)?.size !== 0) return [];
  const [what, variable] = role === 'approvers' ? ['approve', 'CMK_APPROVERS'] : ['request', 'CMK_REQUESTERS'];
  const mend = `Name a group with members, or a person, in ${isUsual ? variable : `${role} of the rule`}.`;
  const remedy = { commands: isUsual ? [changeSetting(variable)] : [] };
  return [fail(subjectOf(rule), `no one can ${what}: its ${role} have no members`, mend, remedy)];
}

function diagnoseTagRule(rule: TagRule, { config }: DoctorEnvironment, lookup: HolderLookup): readonly Diagnosis[] {
  const free = untrustedTags(rule, config.policy);
  const { requesters = [], approvers = [] } = rule;
  const mend = 'Name tags in trustedTags that no requester can write, or match by subscription, group or name.';
  return [
    free.length === 0
      ? ok(
          subjectOf(rule),
          `makes other rules stricter unless tag ${Object.keys(rule.match.tags).join(' or ')} says otherwise`,
        )
      : warn(
          subjectOf(rule),
          `applies whatever the value of tag ${free.join(' or ')} is, because requesters might be able to write it`,
          mend,
        ),
    ...holderMistakes(rule, 'requester', lookup(requesters)),
    ...holderMistakes(rule, 'approver', lookup(approvers)),
  ];
}

/** Reports vaults in subscriptions that the bot can't read, and rules that permit any subscription. */
function vaultMistakes(rule: Pick<Rule, 'name' | 'vaults'>, own: readonly string[]): readonly Diagnosis[] {
  const named = rule.vaults.flatMap(({ subscriptions = [] }) => subscriptions);
  const outside = named.filter((id) => id !== '*' && !own.includes(id.toLowerCase()));
  const anyWhere = rule.vaults.some(({ subscriptions = [] }) => subscriptions.includes('*'));
  return [
    ...(outside.length === 0
      ? []
      : [
          warn(
            subjectOf(rule),
            `permits vaults in ${outside.join(', ')}, which is not in CMK_SUBSCRIPTIONS`,
            'Compare both lists.',
          ),
        ]),
    ...(anyWhere
      ? [
          warn(
            subjectOf(rule),
            'permits vaults of every subscription',
            'A requester could own a vault with a similar name. Name the subscriptions.',
          ),
        ]
      : []),
  ];
}

function diagnoseRule(rule: Rule, { config }: DoctorEnvironment, lookup: HolderLookup): readonly Diagnosis[] {
  const [requesters, approvers] = [lookup(rule.requesters), lookup(rule.approvers)];
  const { subscriptions } = rule.match;
  const isUsual = rule === config.policy.otherwise;
  const own = config.azure.subscriptions.map((id) => id.toLowerCase());
  const reachable = subscriptions === undefined || subscriptions.some((id) => own.includes(id.toLowerCase()));
  const nobody = (ids: readonly string[], variable: string, what: string): readonly Diagnosis[] =>
    // Another check reports this for the environment's own settings.
    ids.length > 0 || isUsual
      ? []
      : [
          fail(
            subjectOf(rule),
            `no one ${what}: the rule uses ${variable}, which is empty`,
            `Set ${variable}, or name them in the rule.`,
          ),
        ];
  return [
    ...nobody(rule.requesters, 'CMK_REQUESTERS', 'can request'),
    ...nobody(rule.approvers, 'CMK_APPROVERS', 'can approve'),
    ...(reachable
      ? []
      : [
          warn(
            subjectOf(rule),
            'never applies: none of its subscriptions is in CMK_SUBSCRIPTIONS',
            'Compare both lists.',
          ),
        ]),
    ...vaultMistakes(rule, own),
    ...holderMistakes(rule, 'requester', requesters),
    ...holderMistakes(rule, 'approver', approvers),
    ...emptyRole(rule, 'requesters', requesters, isUsual),
    ...emptyRole(rule, 'approvers', approvers, isUsual),
    ...findTooFewPeople(rule, config.policy.tagRules, lookup),
  ];
}

/** Resolves all named groups and people, and checks each rule. */
export async function diagnosePolicy(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { policy, policyFile: file, admission } = subjects.config;
  const rules = rulesOf(policy);
  const lookup = await resolveHolders(
    subjects.azure.groups,
    [...rules, ...policy.tagRules].flatMap(({ requesters = [], approvers = [] }) => [...requesters, ...approvers]),
    admission.allowGuests,
  );
  const found =
    file === null
      ? 'only the environment’s settings'
      : `${countOf(policy.rules.length + policy.tagRules.length, 'rule', 'rules')} in ${file}, then the environment’s settings`;
  return [
    ok(about('people/policy', 'policy'), `${found}; version ${policy.version}`),
    ...rules.flatMap((rule) => diagnoseRule(rule, subjects, lookup)),
    ...policy.tagRules.flatMap((rule) => diagnoseTagRule(rule, subjects, lookup)),
  ];
}
