/** Which rule applies to an agent, and why. */
import { type Terms, termsFor } from '../../domain/policy/policy.ts';
import { type Criterion, criteriaOf, type ResourceFacts, tagCriteriaOf } from '../../domain/policy/rules.ts';
import { chooseResource } from '../../operations/choose.ts';
import { failureLine } from '../../text/failures.ts';
import { permittedWords } from '../../text/keys.ts';
import { reasonWords } from '../../text/policy.ts';
import { refusalLine } from '../../text/refusals.ts';
import { countOf } from '../../text/words.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { holderWords, resolveHolders } from './role-members.ts';
import { about, type DoctorEnvironment, fail, ok as well } from './subjects.ts';

const ok = (subject: string, found: string): Diagnosis => well(about('people/agent', subject), found);

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
    ok(`rule ${one.name}`, `does not match: ${differences(criteriaOf(one.match, resource))}`),
  );
  const byTag = tagRules.map((one) => {
    const criteria = tagCriteriaOf(one.match, resource, trustedTags);
    return tightenedBy.includes(one)
      ? ok(`rule ${one.name}`, `makes it stricter: ${reasons(one.name, criteria)}`)
      : ok(`rule ${one.name}`, `does not hold: ${differences(criteria)}`);
  });
  return [
    ...passed,
    ok(`rule ${rule.name}`, `applies: ${reasons(rule.name, criteriaOf(rule.match, resource))}`),
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

/** Returns what the rules mean for a request for this agent. */
async function meaningOf(terms: Terms, { azure, config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const ids = [...terms.requesters, ...terms.approvers].flat();
  const lookup = await resolveHolders(azure.groups, ids, config.admission.allowGuests);
  const words = (lists: Terms['requesters']): string =>
    lists.map((ids) => holderWords(lookup(ids))).join(', and of these only: ');
  const more = terms.extraApprovalForIrreversible ? ', and one more if a step can’t be undone' : '';
  return [
    ok('can request', words(terms.requesters)),
    ok('can approve', `${words(terms.approvers)}; never the requester`),
    ok('approvals needed', `${terms.approvalsRequired}${more}`),
    ok('expires after', lengthOf(terms.expiryMs)),
    ok('vaults', terms.vaults.map(({ permits }) => permittedWords(permits)).join(', and of these only: ')),
    ok('keys', terms.newKeyWantedBy.length === 0 ? 'new and existing ones' : 'only those that the request creates'),
  ];
}

const whichResource = 'Name an agent in the configured subscriptions. If several have the name, use the resource ID.';

/** Explains each rule for an agent, and the combined result. */
export async function explainResource(subjects: DoctorEnvironment, named: string): Promise<readonly Diagnosis[]> {
  const { azure, config } = subjects;
  const subject = `agent ${named}`;
  const chosen = await chooseResource(azure, named);
  if (chosen.kind === 'refused') return [fail(about('people/agent', subject), refusalLine(chosen), whichResource)];
  const resource = await azure.resources.get(chosen.value);
  if (!resource.ok)
    return [fail(about('people/agent', subject), failureLine(resource.failure), 'Try again in a minute.')];
  if (resource.value === null)
    return [
      fail(
        about('people/agent', subject),
        'is in the list, but no longer exists',
        'The list is behind Azure. Try again in a minute.',
      ),
    ];
  const facts = resource.value;
  const terms = termsFor(config.policy, facts);
  const tags = Object.entries(facts.tags).map(([name, value]) => `${name}=${value}`);
  return [
    ok(subject, `${facts.id}; ${tags.length === 0 ? 'no tags' : `tags ${tags.join(', ')}`}`),
    ...whichRules(terms, config, facts),
    ...(await meaningOf(terms, subjects)),
  ];
}
