/** Whether a person holds a right: by the rules that hold for an agent, and by the groups and object ids they name. */
import type { PersonId } from '../domain/ids.ts';
import { looksAtTags, type Policy, rulesOf, type Standing, type Terms, termsFor } from '../domain/policy/policy.ts';
import type { ResourceFacts, Rule } from '../domain/policy/rules.ts';
import type { Groups, Resources } from '../domain/ports/azure.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';

type Membership = Pick<Groups, 'memberOf'>;

/** Ids of groups and people: one has to be in every list. */
type Lists = readonly (readonly string[])[];

/** Asks the directory. Nobody configured means nobody; a directory that does not answer means no. */
export async function standingOf(groups: Membership, person: PersonId, lists: Lists): Promise<Standing> {
  if (lists.some((allowed) => allowed.length === 0)) return 'nobody-configured';
  const member = await groups.memberOf(person, [...new Set(lists.flat())]);
  if (!member.ok) return 'unknown';
  const held = new Set(member.value);
  return lists.every((allowed) => allowed.some((id) => held.has(id))) ? 'yes' : 'no';
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

interface Role {
  readonly underAny: (rule: Rule) => readonly string[];
  readonly underTerms: (terms: Terms) => Lists;
}
const requesters: Role = { underAny: (rule) => rule.requesters, underTerms: (terms) => terms.requesters };
const approvers: Role = { underAny: (rule) => rule.approvers, underTerms: (terms) => terms.approvers };

interface Asked {
  readonly resources: Pick<Resources, 'tags'>;
  readonly groups: Membership;
}

export function openStandings(azure: Asked, policy: Policy): Standings {
  const listsOf = ({ underAny, underTerms }: Role, resource: ResourceFacts | null): Lists =>
    resource === null ? [[...new Set(rulesOf(policy).flatMap(underAny))]] : underTerms(termsFor(policy, resource));
  const ask = (role: Role) => (person: PersonId, resource: ResourceFacts | null) =>
    standingOf(azure.groups, person, listsOf(role, resource));
  const approver = ask(approvers);

  return {
    requester: ask(requesters),
    approver,
    async approverOf(person, request) {
      if (request === null) return approver(person, null);
      const { resource } = request.plan.observation;
      if (!looksAtTags(policy)) return approver(person, resource);
      const tags = await azure.resources.tags(request.plan.wish.resource);
      if (!tags.ok) return 'unknown';
      // An agent that is gone cannot be changed any more: whoever could decide on it still can.
      return approver(person, { ...resource, tags: tags.value ?? resource.tags });
    },
  };
}
