import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { SystemData } from '../state/schema-agents.ts';
import { resourcesVersions } from './api-versions.ts';
import { agentId, sameId, vaultId, within } from './ids.ts';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly systemData: SystemData;
}

const allResources = (call: Call): readonly Listed[] => {
  const { agents, vaults } = call.world.state;
  return [
    ...agents.map((one) => ({
      ...one,
      id: agentId(one),
      type: 'Microsoft.HealthBot/healthBots',
      tags: one.content.tags,
    })),
    ...vaults.map((one) => ({ ...one, id: vaultId(one), type: 'Microsoft.KeyVault/vaults' })),
  ];
};

/** The part of ARM's filter language in use: `resourceType eq '…'` and `name eq '…'`, joined by `and` or by `or`. */
const readFilter = (filter: string | null): ((resource: Listed) => boolean) => {
  if (filter === null) return () => true;
  const joiner = /\sor\s/i.test(filter) ? 'or' : 'and';
  const tests = filter.split(new RegExp(`\\s+${joiner}\\s+`, 'i')).map(readTest);
  return (resource) => (joiner === 'or' ? tests.some((test) => test(resource)) : tests.every((test) => test(resource)));
};

const readTest = (text: string): ((resource: Listed) => boolean) => {
  const parts = /^\s*(resourceType|name)\s+eq\s+'([^']*)'\s*$/i.exec(text);
  const [, field, value = ''] = parts ?? [];
  if (field === undefined) {
    throw armRefusal(400, 'InvalidFilterInQueryString', `Invalid $filter '${text}' specified in the query string.`);
  }
  return (resource) => sameId(field.toLowerCase() === 'name' ? resource.name : resource.type, value);
};

/** `createdTime` and `changedTime` stand in the answer only when asked for through `$expand` (ARM's reference). */
const expanded = (resource: Listed, expand: string) => ({
  ...(/createdTime/i.test(expand) ? { createdTime: resource.systemData.createdAt } : {}),
  ...(/changedTime/i.test(expand) ? { changedTime: resource.systemData.lastModifiedAt } : {}),
});

const listResources = (call: Call, scope: string): Reply => {
  const keep = readFilter(call.incoming.query.get('$filter'));
  const expand = call.incoming.query.get('$expand') ?? '';
  const value = allResources(call)
    .filter((one) => within(one.id, scope) && keep(one))
    .map((one) => ({
      id: one.id,
      name: one.name,
      type: one.type,
      location: one.location,
      tags: one.tags ?? {},
      ...expanded(one, expand),
    }));
  return reply(200, { value });
};

const listRoute = (pattern: string, scope: (call: Call) => string): Route => ({
  method: 'GET',
  pattern,
  audience: 'arm',
  versions: resourcesVersions,
  action: 'Microsoft.Resources/subscriptions/resources/read',
  handle: (call) => listResources(call, scope(call)),
});

export const resourceListRoutes: readonly Route[] = [
  listRoute('/subscriptions/{sub}/resources', (call) => `/subscriptions/${param(call, 'sub')}`),
  listRoute(
    '/subscriptions/{sub}/resourceGroups/{group}/resources',
    (call) => `/subscriptions/${param(call, 'sub')}/resourceGroups/${param(call, 'group')}`,
  ),
];
