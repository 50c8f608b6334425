/** Checks valid rules for risks, and explains which rule applies to an agent. */
import { rulesOf, type Terms, termsFor, untrustedTags } from '../../domain/policy/policy.ts';
import {
  type Criterion,
  criteriaOf,
  type ResourceFacts,
  type Rule,
  type TagRule,
  tagCriteriaOf,
} from '../../domain/policy/rules.ts';
import { chooseResource } from '../../operations/choose.ts';
import { failureLine } from '../../text/failures.ts';
import { permittedWords } from '../../text/keys.ts';
import { reasonWords } from '../../text/policy.ts';
import { refusalLine } from '../../text/refusals.ts';
import { countOf } from '../../text/words.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { changeSetting } from './commands.ts';
import {
  findTooFewPeople,
  type Holder,
  type HolderLookup,
  holderWords,
  idsInRules,
  peopleOf,
  resolveHolders,
} from './role-members.ts';
import { about, type DoctorEnvironment, fail, ok, unknown, warn } from './subjects.ts';

const subjectOf = ({ name }: Pick<Rule, 'name'>) => about('people/rule', `rule ${name}`);

function holderMistakes(
  rule: Pick<Rule, 'name'>,
  role: 'requester' | 'approver',
  holders: readonly Holder[],
): readonly Diagnosis[] {
  return holders.flatMap(({ id, entry }) => {
    if (entry === null) {
      const fix = 'No one has this id: correct it, or remove it.';
      return [warn(subjectOf(rule), `${role} ${id} is neither a group nor a person`, fix)];
    }
    if (entry === 'unknown' || entry.kind === 'person' || entry.members.length > 0 || !entry.complete) return [];
    const fix = 'Add people to the group, or remove it from the rule.';
    return [
      warn(
        subjectOf(rule),
        `${role} group ${entry.name} (${id}) is empty; guests and disabled accounts don’t count`,
        fix,
      ),
    ];
  });
}

/** Reports a role whose ids have no members, if the directory resolved all of them. */
function emptyRole(rule: Rule, role: 'requesters' | 'approvers', holders: readonly Holder[], isUsual: boolean) {
  if (holders.length === 0 || peopleOf(holders)?.size !== 0) return [];
  const [what, variable] = role === 'approvers' ? ['approve', 'CMK_APPROVERS'] : ['request', 'CMK_REQUESTERS'];
  const fix = `Name a group with members, or a person, in ${isUsual ? variable : `${role} of the rule`}.`;
  const remedy = isUsual ? [changeSetting(variable)] : [];
  return [fail(subjectOf(rule), `no one can ${what}: its ${role} have no members`, fix, remedy)];
}

function diagnoseTagRule(rule: TagRule, { config }: DoctorEnvironment, lookup: HolderLookup): readonly Diagnosis[] {
  const free = untrustedTags(rule, config.policy);
  const { requesters = [], approvers = [] } = rule;
  const fix = 'Name tags in trustedTags that no requester can write, or match by subscription, group or name.';
  return [
    free.length === 0
      ? ok(
          subjectOf(rule),
          `makes other rules stricter unless tag ${Object.keys(rule.match.tags).join(' or ')} says otherwise`,
        )
      : warn(
          subjectOf(rule),
          `applies whatever the value of tag ${free.join(' or ')} is, because requesters might be able to write it`,
          fix,
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
  const unread = `permits vaults in ${outside.join(', ')}, which is not in CMK_SUBSCRIPTIONS`;
  const fix = 'A requester could own a vault with a similar name. Name the subscriptions.';
  return [
    ...(outside.length === 0 ? [] : [warn(subjectOf(rule), unread, 'Compare both lists.')]),
    ...(anyWhere ? [warn(subjectOf(rule), 'permits vaults of every subscription', fix)] : []),
  ];
}

function diagnoseRule(rule: Rule, { config }: DoctorEnvironment, lookup: HolderLookup): readonly Diagnosis[] {
  const [requesters, approvers] = [lookup(rule.requesters), lookup(rule.approvers)];
  const { subscriptions } = rule.match;
  const isUsual = rule === config.policy.otherwise;
  const own = config.azure.subscriptions.map((id) => id.toLowerCase());
  const reachable = subscriptions === undefined || subscriptions.some((id) => own.includes(id.toLowerCase()));
  const nobody = (ids: readonly string[], variable: string, what: string): readonly Diagnosis[] => {
    // Another check reports this for the environment's own settings.
    if (ids.length > 0 || isUsual) return [];
    const found = `no one ${what}: the rule uses ${variable}, which is empty`;
    return [fail(subjectOf(rule), found, `Set ${variable}, or name them in the rule.`)];
  };
  const never = 'never applies: none of its subscriptions is in CMK_SUBSCRIPTIONS';
  return [
    ...nobody(rule.requesters, 'CMK_REQUESTERS', 'can request'),
    ...nobody(rule.approvers, 'CMK_APPROVERS', 'can approve'),
    ...(reachable ? [] : [warn(subjectOf(rule), never, 'Compare both lists.')]),
    ...vaultMistakes(rule, own),
    ...holderMistakes(rule, 'requester', requesters),
    ...holderMistakes(rule, 'approver', approvers),
    ...emptyRole(rule, 'requesters', requesters, isUsual),
    ...emptyRole(rule, 'approvers', approvers, isUsual),
    ...findTooFewPeople(rule, config.policy.tagRules, lookup),
  ];
}

const notRead = 'not checked: Entra ID couldn’t look up all of them';

export async function diagnosePolicy(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { policy, policyFile: file, admission } = subjects.config;
  const lookup = await resolveHolders(subjects.azure.groups, idsInRules(policy), admission.allowGuests);
  const found =
    file === null
      ? 'only the environment’s settings'
      : `${countOf(policy.rules.length + policy.tagRules.length, 'rule', 'rules')} in ${file}, then the environment’s settings`;
  const unread = lookup(idsInRules(policy)).filter(({ entry }) => entry === 'unknown');
  return [
    ok(about('people/policy', 'policy'), `${found}; version ${policy.version}`),
    ...(unread.length === 0 ? [] : [unknown(about('people/rule', 'people in rules'), notRead, 'See people/groups.')]),
    ...rulesOf(policy).flatMap((rule) => diagnoseRule(rule, subjects, lookup)),
    ...policy.tagRules.flatMap((rule) => diagnoseTagRule(rule, subjects, lookup)),
  ];
}

const says = (subject: string, found: string): Diagnosis => ok(about('people/agent', subject), found);

const differences = (criteria: readonly Criterion[]): string =>
  criteria
    .filter(({ judged }) => judged === 'differs')
    .map(({ name, wanted, found }) => `${name} is ${found}, wanted ${wanted.join(' or ')}`)
    .join('; ');

const reasons = (rule: string, criteria: readonly Criterion[]): string =>
  reasonWords({ rule, criteria: criteria.map(({ name, found, judged }) => ({ name, found, judged })) });

/** Returns the rules without tags up to the matching one, and then each tag rule's effect. */
function whichRules({ rule, tightenedBy }: Terms, { policy }: DoctorEnvironment['config'], resource: ResourceFacts) {
  const { rules, tagRules, trustedTags } = policy;
  const at = rules.indexOf(rule);
  const passed = (at === -1 ? rules : rules.slice(0, at)).map((one) =>
    says(`rule ${one.name}`, `does not match: ${differences(criteriaOf(one.match, resource))}`),
  );
  const byTag = tagRules.map((one) => {
    const criteria = tagCriteriaOf(one.match, resource, trustedTags);
    return tightenedBy.includes(one)
      ? says(`rule ${one.name}`, `makes it stricter: ${reasons(one.name, criteria)}`)
      : says(`rule ${one.name}`, `does not hold: ${differences(criteria)}`);
  });
  return [
    ...passed,
    says(`rule ${rule.name}`, `applies: ${reasons(rule.name, criteriaOf(rule.match, resource))}`),
    ...byTag,
  ];
}

const units = [
  [86_400_000, 'day', 'days'],
  [3_600_000, 'hour', 'hours'],
  [60_000, 'minute', 'minutes'],
  [1_000, 'second', 'seconds'],
] as const;

function lengthOf(ms: number): string {
  const unit = units.find(([size]) => ms % size === 0);
  return unit === undefined ? `${ms} ms` : countOf(ms / unit[0], unit[1], unit[2]);
}

async function meaningOf(terms: Terms, { azure, config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const ids = [...terms.requesters, ...terms.approvers].flat();
  const lookup = await resolveHolders(azure.groups, ids, config.admission.allowGuests);
  const words = (lists: Terms['requesters']): string =>
    lists.map((ids) => holderWords(lookup(ids))).join(', and of these only: ');
  const more = terms.extraApprovalForIrreversible ? ', and one more if a step can’t be undone' : '';
  return [
    says('can request', words(terms.requesters)),
    says('can approve', `${words(terms.approvers)}; never the requester`),
    says('approvals needed', `${terms.approvalsRequired}${more}`),
    says('expires after', lengthOf(terms.expiryMs)),
    says('vaults', terms.vaults.map(({ permits }) => permittedWords(permits)).join(', and of these only: ')),
    says('keys', terms.newKeyWantedBy.length === 0 ? 'new and existing ones' : 'only those that the request creates'),
  ];
}

const whichResource = 'Name an agent in the configured subscriptions. If several have the name, use the resource ID.';

/** Explains each rule for an agent, and the combined result. */
export async function explainResource(subjects: DoctorEnvironment, named: string): Promise<readonly Diagnosis[]> {
  const { azure, config } = subjects;
  const subject = `agent ${named}`;
  const chosen = await chooseResource(azure, named);
  const failed = (found: string, fix: string) => [fail(about('people/agent', subject), found, fix)];
  if (chosen.kind === 'refused') return failed(refusalLine(chosen), whichResource);
  const resource = await azure.resources.get(chosen.value);
  if (!resource.ok) return failed(failureLine(resource.failure), 'Try again in a minute.');
  if (resource.value === null)
    return failed('is in the list, but no longer exists', 'The list is behind Azure. Try again in a minute.');
  const facts = resource.value;
  const terms = termsFor(config.policy, facts);
  const tags = Object.entries(facts.tags).map(([name, value]) => `${name}=${value}`);
  return [
    says(subject, `${facts.id}; ${tags.length === 0 ? 'no tags' : `tags ${tags.join(', ')}`}`),
    ...whichRules(terms, config, facts),
    ...(await meaningOf(terms, subjects)),
  ];
}
