/** Authorization: whether a person has a role, by the rules for a resource and the groups and object IDs in them. */
import { done } from '../domain/failure.ts';
import type { PersonId } from '../domain/ids.ts';
import { looksAtTags, type Policy, type RoleStatus, rulesOf, type Terms, termsFor } from '../domain/policy/policy.ts';
import type { ResourceFacts, Rule } from '../domain/policy/rules.ts';
import type { DirectoryEntry, Groups, PersonKind, Resources } from '../domain/ports/azure.ts';
import { type Refusal, type RefusalCode, refuse } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';

type Membership = Pick<Groups, 'memberOf'>;

/** How long an answer counts in a click. Its checks usually happen within milliseconds. */
const clickMs = 2_000;
const readingMs = 60_000;
const mostPeople = 10_000;

/**
 * Asks the directory about all IDs of `everything` at once: whether a person has access and whether they can decide are one
 * question. Other IDs are queried when needed. `now`: a monotonic clock in milliseconds.
 */
function openMemberships(groups: Membership, everything: readonly string[], now: () => number) {
  type Answer = ReturnType<Membership['memberOf']>;
  const all = new Set(everything);
  /** `askedAt`: the time of the question to the directory, not of its answer. */
  const latest = new Map<PersonId, { readonly askedAt: number; readonly answer: Answer }>();

  async function ask(person: PersonId): Answer {
    const askedAt = now();
    const answer = groups.memberOf(person, everything);
    const found = await answer;
    // If two answers overlap, the one that was requested later counts.
    if ((latest.get(person)?.askedAt ?? askedAt) > askedAt) return found;
    latest.delete(person);
    // A new role applies at once: only answers with one are kept.
    if (found.ok && found.value.of.length > 0) latest.set(person, { askedAt, answer });
    const [oldest] = latest.keys();
    if (latest.size > mostPeople && oldest !== undefined) latest.delete(oldest);
    return found;
  }

  const through = (about: (person: PersonId) => Answer): Membership => ({
    async memberOf(person, ids) {
      if (!ids.every((id) => all.has(id))) return groups.memberOf(person, ids);
      const found = await about(person);
      if (!found.ok) return found;
      const held = new Set(found.value.of);
      return done({ kind: found.value.kind, of: ids.filter((id) => held.has(id)) });
    },
  });
  return {
    fresh: through(ask),
    forClick: () => through(cacheBriefly(ask, (person) => person, now)),
    forReading: through((person) => {
      const known = latest.get(person);
      return known !== undefined && now() - known.askedAt < readingMs ? known.answer : ask(person);
    }),
  };
}

function cacheBriefly<Query, Answer>(
  ask: (query: Query) => Answer,
  keyOf: (query: Query) => string,
  now: () => number,
): (query: Query) => Answer {
  const known = new Map<string, { readonly at: number; readonly answer: Answer }>();
  return (query) => {
    const key = keyOf(query);
    const before = known.get(key);
    if (before !== undefined && now() - before.at < clickMs) return before.answer;
    const answer = ask(query);
    known.set(key, { at: now(), answer });
    return answer;
  };
}

/** IDs of groups and people. A person must be in every list. */
type Lists = readonly (readonly string[])[];

/** Who can read in addition to requesters and approvers, and whether guests have access. */
interface Admission {
  readonly readers: readonly string[];
  /** They are readers, too. */
  readonly operators: readonly string[];
  readonly allowGuests: boolean;
}

/** Returns the effect of a person's type. Guests have no access unless they're allowed. An unknown type is `unknown`. */
function kindStatus(kind: PersonKind, allowGuests: boolean): RoleStatus {
  if (kind === 'stranger') return 'no';
  if (kind === 'member' || allowGuests) return 'yes';
  return kind === 'guest' ? 'no' : 'unknown';
}

/** A configured ID, with the people behind it that have access. */
export type Holders = Omit<DirectoryEntry, 'members'> & { readonly members: readonly PersonId[] };

/** Leaves out guests, unless they're allowed, and disabled accounts. They aren't notified, and don't count as approvers. */
export const withAccess = (entry: DirectoryEntry, allowGuests: boolean): Holders => ({
  ...entry,
  members: entry.members.filter(({ kind }) => kindStatus(kind, allowGuests) === 'yes').map(({ id }) => id),
});

const mostEscalated = 50;

/** Returns who of the escalation group can approve the request now, at most 50. Throws while the directory doesn't answer. */
export const openEscalation =
  (
    groups: Pick<Groups, 'look'>,
    { approverOf }: Pick<Checks, 'approverOf'>,
    { escalateTo, admission }: { readonly escalateTo: readonly string[]; readonly admission: Admission },
  ) =>
  async (request: Request): Promise<readonly PersonId[]> => {
    const found = new Set<PersonId>();
    const silent = new Error('the directory didn’t answer, so no one was notified');
    for (const id of escalateTo) {
      const entry = await groups.look(id);
      if (!entry.ok) throw silent;
      for (const person of entry.value === null ? [] : withAccess(entry.value, admission.allowGuests).members) {
        const role = person === request.requester ? 'no' : await approverOf(person, request);
        if (role === 'unknown') throw silent;
        if (role === 'yes' && found.size < mostEscalated) found.add(person);
      }
    }
    return [...found];
  };

/** Asks the directory. An empty list means that no one has the role. Without an answer, it’s `unknown`. */
export async function checkRole(
  groups: Membership,
  person: PersonId,
  lists: Lists,
  { allowGuests }: Pick<Admission, 'allowGuests'>,
): Promise<RoleStatus> {
  if (lists.some((allowed) => allowed.length === 0)) return 'none-configured';
  const found = await groups.memberOf(person, [...new Set(lists.flat())]);
  if (!found.ok) return 'unknown';
  const held = new Set(found.value.of);
  return lists.every((allowed) => allowed.some((id) => held.has(id)))
    ? kindStatus(found.value.kind, allowGuests)
    : 'no';
}

export const requesterRefusals: Record<Exclude<RoleStatus, 'yes'>, RefusalCode> = {
  no: 'not-a-requester',
  unknown: 'cannot-check-membership',
  'none-configured': 'no-requesters-configured',
};

export type RoleChecks = ReturnType<typeof openRoleChecks>;
type Checks = ReturnType<typeof checksOver>;
export type ClickRoleChecks = ReturnType<RoleChecks['forClick']>;

interface Role {
  readonly underAny: (rule: Rule) => readonly string[];
  readonly underTerms: (terms: Terms) => Lists;
}
const requesters: Role = { underAny: (rule) => rule.requesters, underTerms: (terms) => terms.requesters };
const approvers: Role = { underAny: (rule) => rule.approvers, underTerms: (terms) => terms.approvers };

interface DirectoryPorts {
  readonly resources: Pick<Resources, 'tags'>;
  readonly groups: Membership;
}

/** What a person with access can do, for at least one possible resource. For display only: it grants nothing. */
export interface Roles {
  readonly kind: 'roles';
  readonly asks: boolean;
  readonly approves: boolean;
}

const everyId = (policy: Policy, { readers }: Admission): readonly string[] => {
  const named = [...rulesOf(policy), ...policy.tagRules].flatMap((rule) => [rule.requesters, rule.approvers]);
  return [...new Set([...named.flatMap((ids) => ids ?? []), ...readers])];
};

/** Without a resource: for any resource. */
function checksOver(azure: DirectoryPorts, policy: Policy, admission: Admission) {
  const listsOf = ({ underAny, underTerms }: Role, resource: ResourceFacts | null): Lists =>
    resource === null ? [[...new Set(rulesOf(policy).flatMap(underAny))]] : underTerms(termsFor(policy, resource));
  const ask = (role: Role) => (person: PersonId, resource: ResourceFacts | null) =>
    checkRole(azure.groups, person, listsOf(role, resource), admission);
  const requester = ask(requesters);
  const approver = ask(approvers);

  async function onRequest(check: typeof approver, person: PersonId, request: Request): Promise<RoleStatus> {
    const { resource } = request.plan.observation;
    if (!looksAtTags(policy)) return check(person, resource);
    const tags = await azure.resources.tags(request.plan.spec.resource);
    if (!tags.ok) return 'unknown';
    // A deleted resource can't be changed any more, so its last tags count.
    return check(person, { ...resource, tags: tags.value ?? resource.tags });
  }

  const underAny = (role: Role): readonly string[] => rulesOf(policy).flatMap(role.underAny);
  const asking = underAny(requesters);
  const approving = underAny(approvers);

  return {
    /** Returns the person's roles under all rules, or a refusal if they have no access. */
    async rolesOf(person: PersonId): Promise<Roles | Refusal> {
      const found = await azure.groups.memberOf(person, [...new Set([...asking, ...approving, ...admission.readers])]);
      if (!found.ok) return { ...refuse('cannot-check-membership'), failure: found.failure };
      const { kind, of } = found.value;
      if (kind === 'guest' && !admission.allowGuests) return refuse('guest');
      if (of.length === 0) return refuse('no-role');
      const roleStatus = kindStatus(kind, admission.allowGuests);
      if (roleStatus !== 'yes') return refuse(roleStatus === 'unknown' ? 'cannot-check-membership' : 'no-role');
      const isIn = (ids: readonly string[]) => ids.some((id) => of.includes(id));
      return { kind: 'roles', asks: isIn(asking), approves: isIn(approving) };
    },
    requester,
    approver,
    operator: (person: PersonId) => checkRole(azure.groups, person, [admission.operators], admission),
    /** Uses the rule that currently applies to the request's resource. */
    approverOf: (person: PersonId, request: Request | null) =>
      request === null ? approver(person, null) : onRequest(approver, person, request),
    requesterOf: (request: Request) => onRequest(requester, request.requester, request),
    /**
     * Returns a function that says which requests the person can decide on, by their resources at the time of the request. It
     * queries the directory once, for any number of requests. For display only: every decision is checked again.
     */
    async decidable(person: PersonId): Promise<(request: Request) => boolean> {
      const stricter = policy.tagRules.flatMap((rule) => rule.approvers ?? []);
      const found = await azure.groups.memberOf(person, [...new Set([...approving, ...stricter])]);
      if (!found.ok || kindStatus(found.value.kind, admission.allowGuests) !== 'yes') return () => false;
      const held = new Set(found.value.of);
      return (request) =>
        request.state === 'awaiting-approval' &&
        request.requester !== person &&
        !request.approvals.some(({ by }) => by === person) &&
        termsFor(policy, request.plan.observation.resource).approvers.every((ids) => ids.some((id) => held.has(id)));
    },
  };
}

/** Each check queries the directory, so a removed role ends at once. */
export function openRoleChecks(
  { groups, resources }: DirectoryPorts,
  policy: Policy,
  admission: Admission,
  now: () => number = () => performance.now(),
) {
  const memberships = openMemberships(groups, everyId(policy, admission), now);
  const over = (by: Membership, tags = resources.tags) =>
    checksOver({ groups: by, resources: { tags } }, policy, admission);
  return {
    ...over(memberships.fresh),
    /** Checks for what only reads, by answers that are at most a minute old. */
    reading: over(memberships.forReading),
    /** With one question per person. */
    forClick() {
      const by = memberships.forClick();
      const tags = cacheBriefly(resources.tags, ({ id }) => id, now);
      return {
        ...over(by, tags),
        /** Prefetches another person's membership. A failure is reported to the caller that needs the answer. */
        askAlso: (person: PersonId) => void by.memberOf(person, []).catch(() => undefined),
        /** Prefetches the resource's tags, if the rules depend on them. */
        lookAt(request: Request) {
          if (looksAtTags(policy)) void tags(request.plan.spec.resource).catch(() => undefined);
        },
      };
    },
  };
}
