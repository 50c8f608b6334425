/**
 * Who stands behind object ids, as far as Microsoft Graph tells the bot: names of people and groups, and how many people a
 * group has, and whether they are still the same. Names of apps take `Application.Read.All`, which the bot does without: an app then keeps its object id. What is
 * found serves words; nothing is decided by a name.
 */
import type { Controller } from '../domain/control.ts';
import { memberMark } from '../domain/member-mark.ts';
import { inBatches } from './batches.ts';
import type { Connection } from './connection.ts';
import { countMembers, groupNameOf, membersOf } from './groups.ts';
import type { AzureClients } from './line.ts';

export type Principal = Pick<Controller, 'id' | 'type'>;
type Told = Omit<Controller, 'can'>;

/** More are shown by their ids. */
const mostNamed = 60;

const unnamed = ({ id, type }: Principal): Told => ({ id, type, name: null, members: null });

/** Of a group of more people than are read only their number. */
async function tellPeople(line: AzureClients, group: string): Promise<Pick<Told, 'members' | 'people'>> {
  const { members, complete } = await membersOf(line, group);
  if (!complete) return { members: await countMembers(line, group) };
  return { members: members.length, people: members.map((one) => memberMark(group, one)).sort() };
}

async function tellGroup(line: AzureClients, id: string): Promise<Told | null> {
  const name = await groupNameOf(line, 'groups', id);
  return name === null ? null : { id, type: 'group', name, ...(await tellPeople(line, id)) };
}

async function tellPerson(line: AzureClients, id: string): Promise<Told | null> {
  const name = await groupNameOf(line, 'users', id);
  return name === null ? null : { id, type: 'person', name, members: null };
}

/** An access policy says nothing about what its object id is. */
async function tell(line: AzureClients, { id, type }: Principal): Promise<Told> {
  switch (type) {
    case 'bot':
      return unnamed({ id, type });
    case 'app':
      return { id, type, name: await groupNameOf(line, 'servicePrincipals', id), members: null };
    case 'group':
      return (await tellGroup(line, id)) ?? unnamed({ id, type });
    case 'person':
      return (await tellPerson(line, id)) ?? unnamed({ id, type });
    case 'unknown':
      // What Graph knows neither as a group nor as a person signs in by itself.
      return (await tellGroup(line, id)) ?? (await tellPerson(line, id)) ?? unnamed({ id, type: 'app' });
  }
}

const seek = async (connection: Connection, one: Principal) => ({
  one,
  told: await connection.call(`reading who ${one.id} is`, (line) => tell(line, one), { click: true }),
});

/** The same principals, with what Graph tells; `complete` where every person and group was told. */
export async function tellNames(
  connection: Connection,
  found: readonly Principal[],
): Promise<{ readonly principals: readonly Told[]; readonly complete: boolean }> {
  const ownId = await connection.ownId();
  const all = found.map((one): Principal => (one.id === ownId ? { id: one.id, type: 'bot' } : one));
  const others = all.filter(({ type }) => type !== 'app' && type !== 'bot').slice(0, mostNamed);
  const [firstApp, ...otherApps] = all.filter(({ type }) => type === 'app').slice(0, mostNamed);
  // Whether the bot may read names of apps shows at the first of them.
  const [asked, first] = await Promise.all([
    inBatches(others, (one) => seek(connection, one)),
    firstApp === undefined ? null : seek(connection, firstApp),
  ]);
  const apps = first?.told.ok === true ? [first, ...(await inBatches(otherApps, (one) => seek(connection, one)))] : [];
  const told = new Map(
    [...asked, ...apps].flatMap(({ one, told: it }) => (it.ok ? [[one.id, it.value] as const] : [])),
  );
  const principals = all.map((one) => told.get(one.id) ?? unnamed(one));
  const open = all.filter(({ type }) => type !== 'app' && type !== 'bot');
  return { principals, complete: open.every(({ id }) => told.has(id)) };
}
