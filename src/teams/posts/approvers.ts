/** Who is asked to decide on a request: for the words of cards, for mentions, and for the cards in personal chats. */
import { PersonId } from '../../domain/ids.ts';
import { type Policy, termsFor } from '../../domain/policy/policy.ts';
import type { People } from '../../domain/ports/store.ts';
import type { Request } from '../../domain/request/request.ts';
import { type Addressee, bold, mention } from '../cards/plain-text.ts';
import type { Lookups } from './lookups.ts';

/** Neither the requester nor who approved already is among them. */
export interface Asked {
  /** `Approver, CMK approvers`, where a group is called by its name. */
  readonly described: string;
  /** People whom Teams can notify, at most ten; a group with more than fit, or with nobody Teams knows, by its name. */
  readonly addressed: readonly Addressee[];
  /** Whom Teams has named, groups' members among them. */
  readonly people: readonly PersonId[];
}

export interface Approvers {
  /** Never fails for the directory: without it groups are not named, and their members not mentioned. */
  of(request: Request, hurry?: 'a click waits'): Promise<Asked>;
}

export interface ApproversOptions {
  readonly policy: Policy;
  readonly people: People;
  readonly lookups: Lookups;
}

const mostMentions = 10;
const patienceMs = 10_000;
/** A click has to be answered within seconds, and has waited for more important things. */
const hurryMs = 1_500;

/** A configured id, with those behind it whom Teams has named. */
interface Source {
  readonly kind: 'person' | 'group' | 'unknown';
  readonly name: string;
  /** Everybody behind it; null where the directory did not tell all of them. */
  readonly everybody: readonly PersonId[] | null;
  readonly known: readonly { readonly id: PersonId; readonly memberId: string; readonly name: string }[];
}

/** Who is in both. Of a list that the directory did not tell whole nobody is left out: every click is judged all the same. */
function onlyAmong(sources: readonly Source[], others: readonly Source[]): readonly Source[] {
  if (others.some(({ everybody }) => everybody === null)) return sources;
  const may = new Set(others.flatMap(({ everybody }) => everybody ?? []));
  return sources
    .map((source) => ({ ...source, known: source.known.filter(({ id }) => may.has(id)) }))
    .filter(({ everybody }) => everybody === null || everybody.some((id) => may.has(id)));
}

function addressedOf(sources: readonly Source[]): readonly Addressee[] {
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

function describedOf(sources: readonly Source[]): string {
  const names = [...new Set(sources.flatMap(({ kind, name }) => (kind === 'unknown' ? [] : [name])))];
  if (sources.length === 0) return 'nobody else may';
  if (names.length === 0) return 'the configured approvers';
  return sources.some(({ kind }) => kind === 'unknown') ? `${names.join(', ')} and others` : names.join(', ');
}

export function openApprovers({ policy, people, lookups }: ApproversOptions): Approvers {
  async function sourceOf(id: string, had: readonly PersonId[], patience: number): Promise<readonly Source[]> {
    const person = PersonId.parse(id);
    if (had.includes(person)) return [];
    const [known] = await people.among([person]);
    if (known !== undefined) return [{ kind: 'person', name: known.name, everybody: [person], known: [known] }];
    const entry = await lookups.look(person, patience);
    if (entry === null || entry === 'unknown') return [{ kind: 'unknown', name: '', everybody: null, known: [] }];
    if (entry.kind === 'person') return [{ kind: 'person', name: entry.name, everybody: [person], known: [] }];
    const members = await people.among(entry.members.filter((member) => !had.includes(member)));
    const everybody = entry.complete ? entry.members : null;
    return [
      { kind: 'group', name: entry.name, everybody, known: members.toSorted((a, b) => (a.name < b.name ? -1 : 1)) },
    ];
  }

  const sourcesOf = async (ids: readonly string[], had: readonly PersonId[], patience: number) =>
    (await Promise.all(ids.map((id) => sourceOf(id, had, patience)))).flat();

  return {
    async of(request, hurry) {
      const { approvers } = termsFor(policy, request.plan.observation.resource);
      if (approvers.some((ids) => ids.length === 0))
        return { described: 'nobody: CMK_APPROVERS is empty', addressed: [], people: [] };
      const patience = hurry === undefined ? patienceMs : hurryMs;
      const had = [request.requester, ...request.approvals.map(({ by }) => by)];
      // The last list is of the rule that says most about the agent; the others only leave out who is not in them too.
      const lists = await Promise.all(approvers.map((ids) => sourcesOf(ids, had, patience)));
      const sources = lists.slice(0, -1).reduce(onlyAmong, lists.at(-1) ?? []);
      return {
        described: describedOf(sources),
        addressed: addressedOf(sources),
        people: [...new Set(sources.flatMap(({ known }) => known.map(({ id }) => id)))],
      };
    },
  };
}
