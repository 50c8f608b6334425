/** People and groups that a configured list names, as far as Teams and the directory know them. */
import { PersonId } from '../../domain/ids.ts';
import type { People } from '../../domain/ports/store.ts';
import { type Addressee, bold, mention } from '../cards/plain-text.ts';
import type { Lookups } from './lookups.ts';

/** Somebody whom Teams has named. */
export interface KnownPerson {
  readonly id: PersonId;
  readonly memberId: string;
  readonly name: string;
}

/** A configured id, with those behind it whom Teams has named. */
export interface Source {
  readonly kind: 'person' | 'group' | 'unknown';
  readonly name: string;
  /** Everybody behind it; null where the directory did not tell all of them. */
  readonly everybody: readonly PersonId[] | null;
  readonly known: readonly KnownPerson[];
}

export interface SourcesOptions {
  readonly people: Pick<People, 'among' | 'amongMany'>;
  readonly lookups: Lookups;
}

/** Of a group with more no names are shown: it is called by its own, also once those were reached who are called in person. */
const mostNamed = 100;

const byName = (a: KnownPerson, b: KnownPerson): number => (a.name < b.name ? -1 : 1);

async function knownAmong(people: SourcesOptions['people'], ids: readonly PersonId[]): Promise<readonly KnownPerson[]> {
  if (ids.length <= mostNamed) return people.among(ids);
  const known = await people.amongMany(ids);
  return known.length > mostNamed ? known : people.among(known.map(({ id }) => id));
}

/** The same by the names that are shown, where so many were left out that those of the others are. */
export const named = (people: SourcesOptions['people'], sources: readonly Source[]): Promise<readonly Source[]> =>
  Promise.all(
    sources.map(async (source) => {
      const ids = source.known.map(({ id }) => id);
      return { ...source, known: (await knownAmong(people, ids)).toSorted(byName) };
    }),
  );

/** Who stands behind the ids, but for `had`. Never fails for the directory: what it does not tell in time is unknown. */
export async function sourcesOf(
  { people, lookups }: SourcesOptions,
  ids: readonly string[],
  had: readonly PersonId[],
  patienceMs: number,
): Promise<readonly Source[]> {
  async function sourceOf(id: string): Promise<readonly Source[]> {
    const person = PersonId.parse(id);
    if (had.includes(person)) return [];
    const [known] = await people.among([person]);
    if (known !== undefined) return [{ kind: 'person', name: known.name, everybody: [person], known: [known] }];
    const entry = await lookups.look(person, patienceMs);
    if (entry === null || entry === 'unknown') return [{ kind: 'unknown', name: '', everybody: null, known: [] }];
    if (entry.kind === 'person') return [{ kind: 'person', name: entry.name, everybody: [person], known: [] }];
    const members = await knownAmong(
      people,
      entry.members.filter((member) => !had.includes(member)),
    );
    const everybody = entry.complete ? entry.members : null;
    return [{ kind: 'group', name: entry.name, everybody, known: members.toSorted(byName) }];
  }
  return (await Promise.all(ids.map(sourceOf))).flat();
}

/** Those of them whom Teams has named, each once. */
export const knownIn = (sources: readonly Source[]): readonly KnownPerson[] => [
  ...new Map(sources.flatMap(({ known }) => known).map((one) => [one.id, one])).values(),
];

const mostMentions = 10;

/** People whom Teams can notify, at most ten; a group with more than fit, or with nobody Teams knows, by its name. */
export function addressedOf(sources: readonly Source[]): readonly Addressee[] {
  const mentioned = new Map<PersonId, Addressee>();
  const named: Addressee[] = [];
  // People first: who was configured by name is not left out for a group's sake.
  for (const { kind, name, known } of sources.toSorted(
    (a, b) => Number(a.kind === 'group') - Number(b.kind === 'group'),
  )) {
    const more = known.filter(({ id }) => !mentioned.has(id));
    const fit = mentioned.size + more.length <= mostMentions;
    if (kind === 'group' && (!fit || known.length === 0)) named.push({ text: bold(name), entity: null });
    else if (fit) for (const one of more) mentioned.set(one.id, mention(one.memberId, one.name));
  }
  return [...mentioned.values(), ...named];
}
