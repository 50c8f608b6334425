/** Which rule applies to an agent, and why. */

import { ruleFor, rulesOf } from '../../domain/policy/policy.ts';
import { type Criterion, criteriaOf, type ResourceFacts, type Rule } from '../../domain/policy/rules.ts';
import { chooseResource } from '../../operations/choose.ts';
import { countOf } from '../../words/count.ts';
import { failureLine } from '../../words/failures.ts';
import { refusalLine } from '../../words/operator-refusals.ts';
import type { Diagnosis } from '../rpc/calls.ts';
import { holderWords, lookUp } from './holders.ts';
import { fail, ok, type Subjects } from './subjects.ts';

const criterionWords = ({ name, wanted, found }: Criterion): string =>
  `${name} ${found === null ? 'is not there' : `is ${found}`}, wanted ${wanted.join(' or ')}`;

function whyNot(rule: Rule, resource: ResourceFacts): Diagnosis {
  const missed = criteriaOf(rule.match, resource).filter((criterion) => !criterion.holds);
  return ok(`rule ${rule.name}`, `does not match: ${missed.map(criterionWords).join('; ')}`);
}

function whyThis(rule: Rule, resource: ResourceFacts, { config }: Subjects): Diagnosis {
  const held = criteriaOf(rule.match, resource).map(({ name, found }) => `${name} is ${found}`);
  const why = held.length === 0 ? 'it matches every agent' : held.join('; ');
  return ok(`rule ${rule.name}`, `applies: ${rule === config.policy.otherwise ? 'no rule before it matches' : why}`);
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

/** What a rule means for whoever asks for an agent it applies to. */
async function meaningOf(rule: Rule, { azure }: Subjects): Promise<readonly Diagnosis[]> {
  const lookup = await lookUp(azure.groups, [...rule.requesters, ...rule.approvers]);
  const more = rule.extraApprovalForIrreversible ? ', and one more where a step cannot be undone' : '';
  return [
    ok('may ask', holderWords(lookup(rule.requesters))),
    ok('may approve', `${holderWords(lookup(rule.approvers))}; never who asked`),
    ok('approvals needed', `${rule.approvalsRequired}${more}`),
    ok('expires after', lengthOf(rule.expiryMs)),
  ];
}

const whichResource = 'Name one in the configured subscriptions, by its id where several have the name.';

/** The rules in order up to the one that applies. */
export async function explainResource(subjects: Subjects, named: string): Promise<readonly Diagnosis[]> {
  const { azure, config } = subjects;
  const subject = `agent ${named}`;
  const chosen = await chooseResource(azure, named);
  if (chosen.kind === 'refused') return [fail(subject, refusalLine(chosen), whichResource)];
  const resource = await azure.resources.get(chosen.value);
  if (!resource.ok) return [fail(subject, failureLine(resource.failure), 'Look again in a minute.')];
  if (resource.value === null) return [fail(subject, 'is listed, but gone', 'The list lags behind Azure: look again.')];
  const applies = ruleFor(config.policy, resource.value);
  const rules = rulesOf(config.policy);
  const facts = resource.value;
  const tags = Object.entries(facts.tags).map(([name, value]) => `${name}=${value}`);
  return [
    ok(subject, `${facts.id}; ${tags.length === 0 ? 'no tags' : `tags ${tags.join(', ')}`}`),
    ...rules.slice(0, rules.indexOf(applies)).map((rule) => whyNot(rule, facts)),
    whyThis(applies, facts, subjects),
    ...(await meaningOf(applies, subjects)),
  ];
}
