/** Checks roles, the people and groups behind them, and the rules of the approval policy. */
import { type Holders, withAccess } from '../../authorization/role-checks.ts';
import type { Config } from '../../config/config.ts';
import { type Policy, rulesOf, untrustedTags } from '../../domain/policy/policy.ts';
import type { Rule, TagRule } from '../../domain/policy/rules.ts';
import { countOf } from '../../text/words.ts';
import { lookupFailureLine } from './azure.ts';
import { changeSetting } from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, type DoctorEnvironment, fail, ok, unknown, warn } from './subjects.ts';

/** Ids without members that have access: guests and disabled accounts don't count. Null: neither a group nor a person. */
type Found = Holders | null | 'unknown';
export type Lookup = (id: string) => Found;

const idsIn = (policy: Policy): readonly string[] =>
  [...rulesOf(policy), ...policy.tagRules].flatMap(({ requesters = [], approvers = [] }) => [
    ...requesters,
    ...approvers,
  ]);

const subjectOf = ({ name }: Pick<Rule, 'name'>) => about('people/policy', `rule ${name}`);

function rolesOf({ policy, admission, operators }: Config): readonly Diagnosis[] {
  const { requesters, approvers } = policy.otherwise;
  const configured = (ids: readonly string[]): string =>
    `${countOf(ids.length, 'group or person', 'groups or people')} configured`;
  const needed = (role: string, variable: string, ids: readonly string[], none: string): Diagnosis => {
    const subject = about('people/roles', role);
    const fix = `Set ${variable} to Entra group ids or object ids.`;
    return ids.length > 0
      ? ok(subject, configured(ids))
      : fail(subject, `none: ${none}`, fix, [changeSetting(variable)]);
  };
  return [
    needed('requesters', 'CMK_REQUESTERS', requesters, 'no one can request'),
    needed('approvers', 'CMK_APPROVERS', approvers, 'no one can approve'),
    ok(
      about('people/roles', 'readers'),
      admission.readers.length === 0 ? 'none: only requesters and approvers can read' : configured(admission.readers),
    ),
    operators.length > 0
      ? ok(about('people/roles', 'operators'), configured(operators))
      : warn(
          about('people/roles', 'operators'),
          'none: approvers are notified of key changes and of requests that need attention',
          'Set CMK_OPERATORS to the people on duty.',
          [changeSetting('CMK_OPERATORS')],
        ),
  ];
}

async function lookUp({ azure, config }: DoctorEnvironment, ids: readonly string[]) {
  const unique = [...new Set(ids.map((id) => id.toLowerCase()))];
  const outcomes = await Promise.all(unique.map(async (id) => [id, await azure.groups.look(id)] as const));
  const found = new Map<string, Found>(
    outcomes.map(([id, outcome]) => [
      id,
      outcome.ok ? outcome.value && withAccess(outcome.value, config.admission.allowGuests) : 'unknown',
    ]),
  );
  return {
    outcomes: outcomes.map(([, outcome]) => outcome),
    lookup: (id: string) => found.get(id.toLowerCase()) ?? null,
  };
}

function peopleOf(ids: readonly string[], lookup: Lookup): ReadonlySet<string> | null {
  const entries = ids.map(lookup);
  if (entries.some((entry) => entry === 'unknown' || entry?.complete === false)) return null;
  return new Set(entries.flatMap((entry) => (entry === null || entry === 'unknown' ? [] : entry.members)));
}

function mistakenIds(rule: Pick<Rule, 'name' | 'requesters' | 'approvers'>, lookup: Lookup): readonly Diagnosis[] {
  const of = (role: string, ids: readonly string[]): readonly Diagnosis[] =>
    ids.flatMap((id) => {
      const entry = lookup(id);
      if (entry === null) {
        const fix = 'No one has this id: correct it, or remove it.';
        return [warn(subjectOf(rule), `${role} ${id} is neither a group nor a person`, fix)];
      }
      if (entry === 'unknown' || entry.kind === 'person' || entry.members.length > 0 || !entry.complete) return [];
      const found = `${role} group ${entry.name} (${id}) is empty; guests and disabled accounts don’t count`;
      return [warn(subjectOf(rule), found, 'Add people to the group, or remove it from the rule.')];
    });
  return [...of('requester', rule.requesters), ...of('approver', rule.approvers)];
}

const tooFewAdvice =
  'No request under this rule can be approved: requesters can’t approve their own. Name more approvers (CMK_APPROVERS), or require fewer approvals (CMK_APPROVALS_REQUIRED).';

/** Checks that enough approvers are left for at least one requester, if the directory resolved all of them. */
export function diagnoseMembers(rule: Rule, isUsual: boolean, lookup: Lookup): readonly Diagnosis[] {
  const failed = (found: string, fix: string, variable: string | null = null): readonly Diagnosis[] => [
    fail(subjectOf(rule), found, fix, isUsual && variable !== null ? [changeSetting(variable)] : []),
  ];
  const asking = peopleOf(rule.requesters, lookup);
  const deciding = peopleOf(rule.approvers, lookup);
  const roles = [
    ['requesters', 'request', 'CMK_REQUESTERS', asking],
    ['approvers', 'approve', 'CMK_APPROVERS', deciding],
  ] as const;
  for (const [role, what, variable, people] of roles) {
    if (rule[role].length === 0) {
      // Another finding reports this for the environment's own settings.
      if (isUsual) return [];
      const found = `no one can ${what}: the rule uses ${variable}, which is empty`;
      return failed(found, `Set ${variable}, or name them in the rule.`);
    }
    if (people?.size === 0) {
      const fix = `Name a group with members, or a person, in ${isUsual ? variable : `${role} of the rule`}.`;
      return failed(`no one can ${what}: its ${role} have no members`, fix, variable);
    }
  }
  if (asking === null || deciding === null) return [];
  const needed = rule.approvalsRequired + (rule.extraApprovalForIrreversible === true ? 1 : 0);
  const left = Math.max(...[...asking].map((one) => deciding.size - (deciding.has(one) ? 1 : 0)));
  if (left >= needed) return [];
  if (left === 0) return failed('its only approver is also its only requester', tooFewAdvice);
  const found = `${countOf(needed, 'approval', 'approvals')} can be needed, and at most ${countOf(left, 'person', 'people')} can give one`;
  return failed(found, tooFewAdvice);
}

function diagnoseScope(rule: Rule, { config }: DoctorEnvironment): readonly Diagnosis[] {
  const own = config.azure.subscriptions.map((id) => id.toLowerCase());
  const { subscriptions } = rule.match;
  const isReachable = subscriptions === undefined || subscriptions.some((id) => own.includes(id.toLowerCase()));
  const named = rule.vaults.flatMap(({ subscriptions: those = [] }) => those);
  const outside = named.filter((id) => id !== '*' && !own.includes(id.toLowerCase()));
  const compare = 'Compare both lists.';
  const wide = 'A requester could own a vault with a similar name. Name the subscriptions.';
  const found: readonly (readonly [isFound: boolean, found: string, fix: string])[] = [
    [!isReachable, 'never applies: none of its subscriptions is in CMK_SUBSCRIPTIONS', compare],
    [outside.length > 0, `permits vaults in ${outside.join(', ')}, which is not in CMK_SUBSCRIPTIONS`, compare],
    [named.includes('*'), 'permits vaults of every subscription', wide],
  ];
  return found.flatMap(([isFound, ...words]) => (isFound ? [warn(subjectOf(rule), ...words)] : []));
}

function diagnoseTagRule(rule: TagRule, { config }: DoctorEnvironment, lookup: Lookup): readonly Diagnosis[] {
  const free = untrustedTags(rule, config.policy);
  const { name, requesters = [], approvers = [] } = rule;
  const fix = 'Name tags in trustedTags that no requester can write, or match by subscription, group or name.';
  const stricter = `makes other rules stricter unless tag ${Object.keys(rule.match.tags).join(' or ')} says otherwise`;
  const always = `applies whatever the value of tag ${free.join(' or ')} is, because requesters might be able to write it`;
  return [
    free.length === 0 ? ok(subjectOf(rule), stricter) : warn(subjectOf(rule), always, fix),
    ...mistakenIds({ name, requesters, approvers }, lookup),
  ];
}

/** Checks that everyone who is notified of an escalation is an approver: escalation gives no right. */
function diagnoseEscalation({ policy, escalateTo }: Config, lookup: Lookup): readonly Diagnosis[] {
  if (escalateTo.length === 0) return [];
  const subject = about('people/roles', 'escalation');
  const people = peopleOf(escalateTo, lookup);
  const approvers = peopleOf(
    rulesOf(policy).flatMap((rule) => rule.approvers),
    lookup,
  );
  if (people === null || approvers === null)
    return [unknown(subject, 'not every member could be read', 'See people/groups.')];
  const others = [...people].filter((id) => !approvers.has(id));
  if (people.size > 0 && others.length === 0)
    return [ok(subject, `${countOf(people.size, 'approver', 'approvers')} notified`)];
  const found =
    people.size === 0 ? 'CMK_ESCALATE_TO has no members' : `not approvers under any rule: ${others.join(', ')}`;
  const fix = 'Name approvers in CMK_ESCALATE_TO, or make these people approvers.';
  return [fail(subject, found, fix, [changeSetting('CMK_ESCALATE_TO')])];
}

export async function diagnosePeople(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config } = subjects;
  const { policy, policyFile, admission } = config;
  const ids = [...idsIn(policy), ...admission.readers, ...config.escalateTo];
  const { outcomes, lookup } = await lookUp(subjects, ids);
  const groups = about('people/groups');
  const [refused] = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
  const isUntold = outcomes.some((one) => one.ok && one.value?.members.some(({ kind }) => kind === 'not-told'));
  const rules =
    policyFile === null
      ? 'only the environment’s settings'
      : `${countOf(policy.rules.length + policy.tagRules.length, 'rule', 'rules')} in ${policyFile}, then the environment’s settings`;
  return [
    ...rolesOf(config),
    ...diagnoseEscalation(config, lookup),
    ids.length === 0
      ? unknown(groups, 'not checked: no one is configured', 'See people/roles.')
      : refused !== undefined
        ? fail(
            groups,
            lookupFailureLine(refused),
            'The bot’s identity needs GroupMember.Read.All and User.Read.All, with an administrator’s consent. Without them, no one has a role.',
          )
        : isUntold && !admission.allowGuests
          ? fail(
              groups,
              'Microsoft Graph doesn’t say whether some people are guests (userType), so they have no role',
              'Grant User.Read.All to the bot’s identity, and set the userType of these people in Entra ID. CMK_ALLOW_GUESTS admits all guests: the security lead decides.',
            )
          : ok(groups, `Microsoft Graph answers for ${countOf(outcomes.length, 'ID', 'IDs')}`),
    ok(about('people/policy'), `${rules}; version ${policy.version}`),
    ...(refused === undefined
      ? []
      : [
          unknown(
            about('people/policy', 'people in rules'),
            'not checked: Entra ID couldn’t look up all of them',
            'See people/groups.',
          ),
        ]),
    ...rulesOf(policy).flatMap((rule) => [
      ...diagnoseScope(rule, subjects),
      ...mistakenIds(rule, lookup),
      ...diagnoseMembers(rule, rule === policy.otherwise, lookup),
    ]),
    ...policy.tagRules.flatMap((rule) => diagnoseTagRule(rule, subjects, lookup)),
  ];
}
