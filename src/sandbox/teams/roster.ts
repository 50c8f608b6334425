import { approversGroup, type LocalPerson, localPeople, localTenantId, requestersGroup } from '../people.ts';

/** A person's id as bots know it. */
export const memberIdOf = (personId: string): string => `29:${personId}`;

/** Finds a person by object id or by member id. */
export function personBy(id: string): LocalPerson | undefined {
  const personId = id.startsWith('29:') ? id.slice(3) : id;
  return localPeople.find((person) => person.id === personId);
}

/** A member as the Connector's roster calls describe one. */
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

/** What the page says beside a name, from the same groups the bot is configured with. */
export function roleOf(person: LocalPerson): string {
  if (person.homeTenantId !== localTenantId) return 'other tenant';
  const may = [
    ...(requestersGroup.memberIds.includes(person.id) ? ['ask'] : []),
    ...(approversGroup.memberIds.includes(person.id) ? ['approve'] : []),
  ];
  return may.length === 0 ? 'no role' : `may ${may.join(' and ')}`;
}
