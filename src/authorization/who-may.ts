/** Whether a person holds a right: by the rule of an agent, and by the groups and object ids it names. */
import type { PersonId } from '../domain/ids.ts';
import { type Policy, ruleFor, rulesOf, type Standing } from '../domain/policy/policy.ts';
import { looksAtTags, type ResourceFacts, type Rule } from '../domain/policy/rules.ts';
import type { Groups, Resources } from '../domain/ports/azure.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';

type Membership = Pick<Groups, 'memberOf'>;

/** Asks the directory. Nobody configured means nobody; a directory that does not answer means no. */
export async function standingOf(groups: Membership, person: PersonId, allowed: readonly string[]): Promise<Standing> {
  if (allowed.length === 0) return 'nobody-configured';
  const member = await groups.memberOf(person, allowed);
  if (!member.ok) return 'unknown';
  return member.value.length > 0 ? 'yes' : 'no';
}

export const requesterRefusals: Record<Exclude<Standing, 'yes'>, RefusalCode> = {
  no: 'not-a-requester',
  unknown: 'cannot-check-membership',
  'nobody-configured': 'no-requesters-configured',
};

/** Every question asks the directory afresh: nobody keeps a right that was taken away. Without an agent: for any agent. */
export interface Standings {
  requester(person: PersonId, resource: ResourceFacts | null): Promise<Standing>;
  approver(person: PersonId, resource: ResourceFacts | null): Promise<Standing>;
  /** Under the rule that applies to the request's agent now. */
  approverOf(person: PersonId, request: Request | null): Promise<Standing>;
}

type Role = (rule: Rule) => readonly string[];

interface Asked {
  readonly resources: Pick<Resources, 'tags'>;
  readonly groups: Membership;
}

export function openStandings(azure: Asked, policy: Policy): Standings {
  const allowed = (role: Role, resource: ResourceFacts | null): readonly string[] =>
    resource === null ? [...new Set(rulesOf(policy).flatMap(role))] : role(ruleFor(policy, resource));
  const ask = (role: Role) => (person: PersonId, resource: ResourceFacts | null) =>
    standingOf(azure.groups, person, allowed(role, resource));
  const approver = ask((rule) => rule.approvers);

  return {
    requester: ask((rule) => rule.requesters),
    approver,
    async approverOf(person, request) {
      if (request === null) return approver(person, null);
      const { resource } = request.plan.observation;
      if (!policy.rules.some(looksAtTags)) return approver(person, resource);
      const tags = await azure.resources.tags(request.plan.wish.resource);
      if (!tags.ok) return 'unknown';
      // An agent that is gone cannot be changed any more: whoever could decide on it still can.
      return approver(person, { ...resource, tags: tags.value ?? resource.tags });
    },
  };
}
