/** The team, its channels and chats, and who is in them. */

import { type LocalPerson, localPeople, localTenantId } from '../people.ts';

/** A conversation: a channel of the team, the group chat, or a person's chat with the bot. */
export interface Place {
  readonly id: string;
  readonly kind: 'channel' | 'groupChat' | 'personal';
  readonly name: string;
  readonly topic: string;
  readonly memberIds: readonly string[];
}

/** The team. Its ID is that of its first channel, as General's is in Teams. */
export const team = {
  id: '19:operations@thread.tacv2',
  name: 'Care platform',
  aadGroupId: '70000000-0000-4000-8000-000000000001',
  tenantId: localTenantId,
};

const everyone = localPeople.map((person) => person.id);

const place = (id: string, kind: Place['kind'], name: string, topic: string, memberIds = everyone): Place => ({
  id,
  kind,
  name,
  topic,
  memberIds,
});

export const places: readonly Place[] = [
  place(team.id, 'channel', 'Operations', 'Requests are made here'),
  place('19:approvals@thread.tacv2', 'channel', 'Approvals', 'Requests that wait for a decision'),
  place('19:audit@thread.tacv2', 'channel', 'Audit', 'What happened, in order'),
  place('19:group@thread.v2', 'groupChat', 'Group chat', 'Everyone and the bot'),
  ...localPeople.map(({ id }) => place(`a:${id}`, 'personal', 'CMK bot', 'Only you and the bot', [id])),
];

/** A parsed conversation ID. In a channel, `root` is the ID of the post that started the thread. */
export interface Conversation {
  readonly place: Place;
  readonly root: string | null;
}

/** Parses `19:…@thread.tacv2;messageid=…` or a plain ID; undefined for an unknown place. */
export function conversationOf(conversationId: string): Conversation | undefined {
  const [placeId = '', messageId] = conversationId.split(';messageid=');
  const place = places.find((candidate) => candidate.id === placeId);
  if (place === undefined || (messageId !== undefined && place.kind !== 'channel')) return undefined;
  return { place, root: messageId ?? null };
}

export const threadId = (place: Place, root: string): string => `${place.id};messageid=${root}`;

/** Returns a person's ID as bots see it. */
export const memberIdOf = (personId: string): string => `29:${personId}`;

export function findPerson(id: string): LocalPerson | undefined {
  const personId = id.startsWith('29:') ? id.slice(3) : id;
  return localPeople.find((person) => person.id === personId);
}

/** Returns a member as the Connector's roster calls do. */
export function memberAccount(person: LocalPerson) {
  const [givenName = person.name, ...rest] = person.name.split(' ');
  return {
    id: memberIdOf(person.id),
    name: person.name,
    aadObjectId: person.id,
    objectId: person.id,
    givenName,
    surname: rest.join(' '),
    email: person.email,
    userPrincipalName: person.email,
    tenantId: person.homeTenantId,
    userRole: person.homeTenantId === localTenantId ? 'user' : 'guest',
  };
}
