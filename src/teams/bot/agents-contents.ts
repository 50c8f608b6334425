/** The content of a page of the agents list. */
import type { Outcome } from '../../domain/failure.ts';
import { done } from '../../domain/failure.ts';
import { armIdParts } from '../../domain/ids.ts';
import type { FleetShow, ListSubject } from '../../operations/commands/command.ts';
import { type AgentKeyState, countsOf, driftSummaries, type FleetState, nextExpiries } from '../../operations/fleet.ts';
import type { FleetReader } from '../../operations/read-fleet.ts';
import { type AgentsContent, agentsPerPage, mostExpiries } from '../cards/views/agents-view.ts';

export type AgentsSubject = Extract<ListSubject, { kind: 'agents' }>;

const nothingToDo: readonly FleetState[] = ['own-key', 'end-unknown', 'microsofts-key'];

const shows: Readonly<Record<FleetShow, (agent: AgentKeyState) => boolean>> = {
  all: () => true,
  'to-do': ({ state }) => !nothingToDo.includes(state),
  microsofts: ({ state }) => state === 'microsofts-key',
};

const repeatedIn = (names: readonly string[]): ReadonlySet<string> => {
  const known = new Set<string>();
  return new Set(names.filter((name) => known.size === known.add(name).size));
};

/** Returns the content; after the last page, that of the last page. */
export async function agentsContent(
  fleet: Pick<FleetReader, 'read' | 'unsupported'>,
  { show, named }: AgentsSubject,
  { asks, now }: { readonly asks: boolean; readonly now: Date },
  wanted: number,
): Promise<Outcome<{ readonly content: AgentsContent; readonly page: number }>> {
  const read = await fleet.read();
  if (!read.ok) return read;
  const { agents, drifts, guards, unread, asOf } = read.value;
  const part = named.toLowerCase();
  const isCalled = ({ name }: { readonly name: string }): boolean => name.toLowerCase().includes(part);
  const called = agents.filter(isCalled);
  const shown = called.filter(shows[show]);
  const page = Math.min(wanted, Math.max(1, Math.ceil(shown.length / agentsPerPage)));
  const onPage = shown.slice((page - 1) * agentsPerPage, page * agentsPerPage);
  const plain = onPage.filter(({ state }) => state === 'microsofts-key');
  const content: AgentsContent = {
    show,
    named,
    counts: countsOf(called),
    subscriptions: new Set(called.map(({ id }) => armIdParts(id).subscriptionId.toLowerCase())).size,
    agents: onPage,
    repeatedNames: repeatedIn(agents.map(({ name }) => name.toLowerCase())),
    unsupported: await fleet.unsupported(plain.map(({ id }) => id)),
    total: shown.length,
    drifts: driftSummaries(drifts, agents, isCalled),
    expiries: nextExpiries(called, now, mostExpiries),
    guards: guards?.filter(isCalled) ?? null,
    unread,
    asks,
    asOf,
    now,
  };
  return done({ content, page });
}
