/** Resolves configured IDs to people and groups that Teams and the directory know. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Holders, withAccess } from '../../authorization/role-checks.ts';
import { PersonId } from '../../domain/ids.ts';
import { type Policy, termsFor } from '../../domain/policy/policy.ts';
import type { Groups } from '../../domain/ports/azure.ts';
import type { KnownPerson, People } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { approverWords, noApprovers } from '../../text/policy.ts';
import { type Addressee, bold, mention } from '../cards/plain-text.ts';

/** A configured ID, with the people behind it that Teams knows. */
export interface Source {
  /** `unknown`: neither a person nor a group. `unanswered`: the directory didn't answer. */
  readonly kind: 'person' | 'group' | 'unknown' | 'unanswered';
  readonly name: string;
  /** All people behind it; null if the directory didn't return all of them. */
  readonly everybody: readonly PersonId[] | null;
  readonly known: readonly KnownPerson[];
}

export interface SourcesOptions {
  readonly people: Pick<People, 'among' | 'amongMany'>;
  readonly lookups: ReturnType<typeof openDirectoryCache>;
}

/**
 * A larger group is shown by its own name instead of its members'. That also holds after members were notified in
 * person.
 */
const mostNamed = 100;

const byName = (a: KnownPerson, b: KnownPerson): number => (a.name < b.name ? -1 : 1);

async function knownAmong(people: SourcesOptions['people'], ids: readonly PersonId[]): Promise<readonly KnownPerson[]> {
  if (ids.length <= mostNamed) return people.among(ids);
  const known = await people.amongMany(ids);
  return known.length > mostNamed ? known : people.among(known.map(({ id }) => id));
}

/** Adds members' names to sources that now have few enough members to name. */
export const named = (people: SourcesOptions['people'], sources: readonly Source[]): Promise<readonly Source[]> =>
  Promise.all(
    sources.map(async (source) => {
      const ids = source.known.map(({ id }) => id);
      return { ...source, known: (await knownAmong(people, ids)).toSorted(byName) };
    }),
  );

/**
 * Resolves the IDs, without the people in `exclude` and those without access: guests and disabled accounts. Never fails for
 * the directory: for an ID that it doesn't return in time, `known` has the person whom Teams knows by that ID.
 */
export async function sourcesOf(
  { people, lookups }: SourcesOptions,
  ids: readonly string[],
  exclude: readonly PersonId[],
  timeoutMs: number,
): Promise<readonly Source[]> {
  async function sourceOf(id: string): Promise<readonly Source[]> {
    const person = PersonId.parse(id);
    if (exclude.includes(person)) return [];
    const entry = await lookups.look(person, timeoutMs);
    if (entry === null) return [{ kind: 'unknown', name: '', everybody: null, known: [] }];
    if (entry === 'unknown') {
      const known = await people.among([person]);
      return [{ kind: 'unanswered', name: known[0]?.name ?? '', everybody: known[0] ? [person] : null, known }];
    }
    const { kind, members, complete } = entry;
    if (kind === 'person' && members.length === 0) return [];
    const known = await knownAmong(
      people,
      members.filter((member) => !exclude.includes(member)),
    );
    const name = (kind === 'person' ? known[0]?.name : undefined) ?? entry.name;
    return [{ kind, name, everybody: complete ? members : null, known: known.toSorted(byName) }];
  }
  return (await Promise.all(ids.map(sourceOf))).flat();
}

export const knownIn = (sources: readonly Source[]): readonly KnownPerson[] => [
  ...new Map(sources.flatMap(({ known }) => known).map((one) => [one.id, one])).values(),
];

/**
 * Returns the people who can get posts in person: the directory confirmed their access. Others are only mentioned in the
 * channel, which grants nothing.
 */
export const confirmedIn = (sources: readonly Source[]): readonly KnownPerson[] =>
  knownIn(sources.filter(({ kind }) => kind !== 'unanswered'));

/** Returns whom to notify of drift, and of requests that need attention: operators, or without any the agent's approvers. */
export const alertedIds = (
  { operators, policy }: { readonly operators: readonly string[]; readonly policy: Policy },
  { plan }: Pick<Request, 'plan'>,
): readonly string[] =>
  operators.length > 0 ? operators : (termsFor(policy, plan.observation.resource).approvers.at(-1) ?? []);

const mostMentions = 10;

/** So that groups don't displace people who were configured by ID. */
const peopleFirst = (sources: readonly Source[]): readonly Source[] =>
  sources.toSorted((a, b) => Number(a.kind === 'group') - Number(b.kind === 'group'));

/**
 * Returns who to mention: at most ten people. Others are named: people and groups that don't fit, and those without
 * people that Teams knows.
 */
export function addressedOf(sources: readonly Source[]): readonly Addressee[] {
  const mentioned = new Map<PersonId, Addressee>();
  const named: Addressee[] = [];
  for (const { name, known } of peopleFirst(sources)) {
    const more = known.filter(({ id }) => !mentioned.has(id));
    const fit = mentioned.size + more.length <= mostMentions;
    if (fit && known.length > 0) for (const one of more) mentioned.set(one.id, mention(one.memberId, one.name));
    else if (name !== '') named.push({ text: bold(name), entity: null });
  }
  return [...mentioned.values(), ...named];
}

/** Returns the people that `addressedOf` names because they are more than ten, in tens. They were configured by ID. */
export function furtherAddressedOf(sources: readonly Source[]): readonly (readonly Addressee[])[] {
  const people = knownIn(sources.filter(({ kind }) => kind !== 'group'));
  const further = people.slice(mostMentions).map(({ memberId, name }) => mention(memberId, name));
  return further.flatMap((_, n) => (n % mostMentions === 0 ? [further.slice(n, n + mostMentions)] : []));
}

// Cache of directory entries for configured IDs.
// Entries last minutes: cards are rendered often, and their names grant nothing. Authorization never uses this cache.

const lifetimeMs = 300_000;
/** After a failure, the directory isn't called again for each card. */
const retryAfterMs = 30_000;

interface Known {
  /** Null: neither a group nor a person. `unknown`: the directory didn't answer in time, and no earlier answer is known. */
  readonly entry: Holders | null | 'unknown';
  readonly at: number;
  readonly forMs: number;
}

export function openDirectoryCache(groups: Pick<Groups, 'look'>, allowGuests: boolean, now: () => Date) {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<void>>();

  async function ask(id: string): Promise<void> {
    // After any failure, a card is shown without the names.
    const found = await groups.look(id).catch(() => null);
    const at = now().getTime();
    known.set(
      id,
      found?.ok
        ? { entry: found.value && withAccess(found.value, allowGuests), at, forMs: lifetimeMs }
        : { entry: known.get(id)?.entry ?? 'unknown', at, forMs: retryAfterMs },
    );
    asking.delete(id);
  }

  return {
    async look(id: string, timeoutMs: number): Promise<Known['entry']> {
      const before = known.get(id);
      // Absolute, so that an entry read while the clock was ahead expires too.
      if (before !== undefined && Math.abs(now().getTime() - before.at) < before.forMs) return before.entry;
      const asked = asking.get(id) ?? ask(id);
      asking.set(id, asked);
      await Promise.race([asked, sleep(timeoutMs, undefined, { ref: false })]);
      return known.get(id)?.entry ?? 'unknown';
    },
  };
}

// Finds who must decide on a request: for the text of cards, for @mentions, and for cards in personal chats.

/** Approvers without the requester and those who already approved. */
export interface AwaitedApprovers {
  /** `Approver, CMK approvers`: people, and groups by name. */
  readonly described: string;
  /** Who to mention: at most ten people. Others are named. */
  readonly addressed: readonly Addressee[];
  /** People that Teams knows and who can get posts in person, including members of groups. */
  readonly people: readonly PersonId[];
  readonly sources: readonly Source[];
}

export type Approvers = ReturnType<typeof openApprovers>;

const timeoutMs = 10_000;
/** Shorter for a click, which must be answered within seconds. */
const clickMs = 1_500;

/**
 * Returns people in both lists. If a list is incomplete, returns all of `sources`: every click is still authorized
 * separately.
 */
function onlyAmong(sources: readonly Source[], others: readonly Source[]): readonly Source[] {
  if (others.some(({ everybody }) => everybody === null)) return sources;
  const may = new Set(others.flatMap(({ everybody }) => everybody ?? []));
  return sources
    .map((source) => ({ ...source, known: source.known.filter(({ id }) => may.has(id)) }))
    .filter(({ everybody }) => everybody === null || everybody.some((id) => may.has(id)));
}

export function openApprovers({ policy, ...tools }: SourcesOptions & { readonly policy: Policy }) {
  return {
    /** Never fails for the directory: without it, groups aren't named and their members aren't mentioned. */
    async of(request: Request, waiting?: 'click'): Promise<AwaitedApprovers> {
      const { approvers } = termsFor(policy, request.plan.observation.resource);
      if (approvers.some((ids) => ids.length === 0))
        return { described: noApprovers, addressed: [], people: [], sources: [] };
      const waitMs = waiting === undefined ? timeoutMs : clickMs;
      const exclude = [request.requester, ...request.approvals.map(({ by }) => by)];
      // The last list is that of the last tag rule that applies. The others only remove people who aren't in them too.
      const lists = await Promise.all(approvers.map((ids) => sourcesOf(tools, ids, exclude, waitMs)));
      const narrowed = lists.slice(0, -1).reduce(onlyAmong, lists.at(-1) ?? []);
      const sources = lists.length > 1 ? await named(tools.people, narrowed) : narrowed;
      return {
        described: approverWords(sources.map(({ name }) => name || null)),
        addressed: addressedOf(sources),
        people: confirmedIn(sources).map(({ id }) => id),
        sources,
      };
    },
  };
}
