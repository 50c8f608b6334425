/** Whether a person holds a right: by the rules that hold for an agent, and by the groups and object ids they name. */
import { done } from '../domain/failure.ts';
import type { PersonId } from '../domain/ids.ts';
import { looksAtTags, type Policy, rulesOf, type Standing, type Terms, termsFor } from '../domain/policy/policy.ts';
import type { ResourceFacts, Rule } from '../domain/policy/rules.ts';
import type { Groups, PersonKind, Resources } from '../domain/ports/azure.ts';
import { type Refusal, type RefusalCode, refuse } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';

// Membership for one click. Whether somebody is let in and whether they may decide were two questions to the directory, one after
// the other, about the same person: both are asked as one, after the click has come.

/** What happens between the two takes milliseconds; where it took longer, the directory is asked again. */
const heldMs = 2_000;

/** What was asked within two seconds has the same answer; `keyOf` tells what is the same question. */
function heldFor<Asked, Answer>(
  ask: (asked: Asked) => Answer,
  keyOf: (asked: Asked) => string,
  now: () => number = () => performance.now(),
): (asked: Asked) => Answer {
  const known = new Map<string, { readonly at: number; readonly answer: Answer }>();
  return (asked) => {
    const key = keyOf(asked);
    const before = known.get(key);
    if (before !== undefined && now() - before.at < heldMs) return before.answer;
    const answer = ask(asked);
    known.set(key, { at: now(), answer });
    return answer;
  };
}

/** Asks about all of `everything` at the first question about a person. Ids that are not among them are asked for as they come. */
export function askedOnce(
  groups: Membership,
  everything: readonly string[],
  now: () => number = () => performance.now(),
): Membership {
  const all = new Set(everything);
  const about = heldFor(
    (person: PersonId) => groups.memberOf(person, everything),
    (person) => person,
    now,
  );

  return {
    async memberOf(person, ids) {
      if (!ids.every((id) => all.has(id))) return groups.memberOf(person, ids);
      const found = await about(person);
      if (!found.ok) return found;
      const held = new Set(found.value.of);
      return done({ kind: found.value.kind, of: ids.filter((id) => held.has(id)) });
    },
  };
}

type Membership = Pick<Groups, 'memberOf'>;

/** Ids of groups and people: one has to be in every list. */
type Lists = readonly (readonly string[])[];

/** Who may read what the bot knows, beside those who ask and approve; and whether guests may do anything. */
interface Admission {
  readonly readers: readonly string[];
  readonly allowGuests: boolean;
}

/** A guest is nobody unless guests are allowed; of whom the directory does not say it, nobody knows. */
function kindStanding(kind: PersonKind, allowGuests: boolean): Standing {
  if (kind === 'stranger') return 'no';
  if (kind === 'member' || allowGuests) return 'yes';
  return kind === 'guest' ? 'no' : 'unknown';
}

/** Asks the directory. Nobody configured means nobody; a directory that does not answer means no. */
export async function standingOf(
  groups: Membership,
  person: PersonId,
  lists: Lists,
  { allowGuests }: Pick<Admission, 'allowGuests'>,
): Promise<Standing> {
  if (lists.some((allowed) => allowed.length === 0)) return 'nobody-configured';
  const found = await groups.memberOf(person, [...new Set(lists.flat())]);
  if (!found.ok) return 'unknown';
  const held = new Set(found.value.of);
  return lists.every((allowed) => allowed.some((id) => held.has(id)))
    ? kindStanding(found.value.kind, allowGuests)
    : 'no';
}

export const requesterRefusals: Record<Exclude<Standing, 'yes'>, RefusalCode> = {
  no: 'not-a-requester',
  unknown: 'cannot-check-membership',
  'nobody-configured': 'no-requesters-configured',
};

/** Every question asks the directory afresh: nobody keeps a right that was taken away. Without an agent: for any agent. */
export interface Standings {
  /** What the person is at all to the bot, under any rule there is; or why they may not even look. */
  rolesOf(person: PersonId): Promise<Roles | Refusal>;
  requester(person: PersonId, resource: ResourceFacts | null): Promise<Standing>;
  approver(person: PersonId, resource: ResourceFacts | null): Promise<Standing>;
  /** Under the rule that applies to the request's agent now. */
  approverOf(person: PersonId, request: Request | null): Promise<Standing>;
  /** Whether whoever asked still may. */
  requesterOf(request: Request): Promise<Standing>;
  /**
   * For lists: on which requests the person may decide, by what their agents were when they were asked for. The directory is
   * asked once, however many they are. It says what to offer and permits nothing: every decision is judged anew.
   */
  decidable(person: PersonId): Promise<(request: Request) => boolean>;
  /** For one click: see {@link askedOnce}. */
  forClick(): ClickStandings;
}

/** Whether a person is anybody to the bot, what they may do on the request that they clicked on, and whether its requester still may. */
export interface ClickStandings extends Pick<Standings, 'rolesOf' | 'approverOf' | 'requesterOf'> {
  /** Asks the directory about a person whose standing this click will need, at the same time as about the person who clicked. */
  askAlso(person: PersonId): void;
  /** Looks already at what the rules for the request depend on, where that is its agent's tags. */
  lookAt(request: Request): void;
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

/** What somebody who may look may do besides, for some agent there could be. It says what to offer and permits nothing by itself. */
export interface Roles {
  readonly kind: 'roles';
  readonly asks: boolean;
  readonly approves: boolean;
}

/** Every id that any rule names, whichever holds. */
const everyId = (policy: Policy, { readers }: Admission): readonly string[] => {
  const named = [...rulesOf(policy), ...policy.tagRules].flatMap((rule) => [rule.requesters, rule.approvers]);
  return [...new Set([...named.flatMap((ids) => ids ?? []), ...readers])];
};

export function openStandings(azure: Asked, policy: Policy, admission: Admission): Standings {
  const listsOf = ({ underAny, underTerms }: Role, resource: ResourceFacts | null): Lists =>
    resource === null ? [[...new Set(rulesOf(policy).flatMap(underAny))]] : underTerms(termsFor(policy, resource));
  const ask = (role: Role) => (person: PersonId, resource: ResourceFacts | null) =>
    standingOf(azure.groups, person, listsOf(role, resource), admission);
  const [requester, approver] = [ask(requesters), ask(approvers)];

  async function onRequest(asked: typeof approver, person: PersonId, request: Request): Promise<Standing> {
    const { resource } = request.plan.observation;
    if (!looksAtTags(policy)) return asked(person, resource);
    const tags = await azure.resources.tags(request.plan.wish.resource);
    if (!tags.ok) return 'unknown';
    // An agent that is gone cannot be changed any more: whoever could decide on it still can.
    return asked(person, { ...resource, tags: tags.value ?? resource.tags });
  }

  const underAny = (role: Role): readonly string[] => rulesOf(policy).flatMap(role.underAny);
  const [asking, approving] = [underAny(requesters), underAny(approvers)];

  return {
    async rolesOf(person) {
      const found = await azure.groups.memberOf(person, [...new Set([...asking, ...approving, ...admission.readers])]);
      if (!found.ok) return { ...refuse('cannot-check-membership'), failure: found.failure };
      const { kind, of } = found.value;
      if (kind === 'guest' && !admission.allowGuests) return refuse('guest');
      if (of.length === 0) return refuse('no-role');
      const standing = kindStanding(kind, admission.allowGuests);
      if (standing !== 'yes') return refuse(standing === 'unknown' ? 'cannot-check-membership' : 'no-role');
      const isIn = (ids: readonly string[]) => ids.some((id) => of.includes(id));
      return { kind: 'roles', asks: isIn(asking), approves: isIn(approving) };
    },
    requester,
    approver,
    approverOf: (person, request) => (request === null ? approver(person, null) : onRequest(approver, person, request)),
    requesterOf: (request) => onRequest(requester, request.requester, request),
    async decidable(person) {
      const stricter = policy.tagRules.flatMap((rule) => rule.approvers ?? []);
      const found = await azure.groups.memberOf(person, [...new Set([...approving, ...stricter])]);
      if (!found.ok || kindStanding(found.value.kind, admission.allowGuests) !== 'yes') return () => false;
      const held = new Set(found.value.of);
      return (request) =>
        request.state === 'awaiting-approval' &&
        request.requester !== person &&
        !request.approvals.some(({ by }) => by === person) &&
        termsFor(policy, request.plan.observation.resource).approvers.every((ids) => ids.some((id) => held.has(id)));
    },
    forClick() {
      const groups = askedOnce(azure.groups, everyId(policy, admission));
      const tags = heldFor(azure.resources.tags, ({ id }) => id);
      return {
        ...openStandings({ groups, resources: { tags } }, policy, admission),
        // What fails is told to whoever needs the answer.
        askAlso: (person) => void groups.memberOf(person, []).catch(() => undefined),
        lookAt(request) {
          if (looksAtTags(policy)) void tags(request.plan.wish.resource).catch(() => undefined);
        },
      };
    },
  };
}
