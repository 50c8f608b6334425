/** Resolves configured IDs to people and groups that Teams and the directory know. */

import { PersonId } from '../../domain/ids.ts';
import { type Policy, termsFor } from '../../domain/policy/policy.ts';
import type { KnownPerson, People } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { type Addressee, bold, mention } from '../cards/plain-text.ts';
import type { openDirectoryCache } from './directory-cache.ts';

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
