import { Refusal, type Reply, reply } from '../../http.ts';
import { agentBody } from '../health-bots/agent-body.ts';
import { type FilterPart, pageOf, readFilter } from '../http/lists.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { SystemData } from '../state/schema-agents.ts';
import { resourceListVersions } from './api-versions.ts';
import { agentId, groupScope, sameId, subscriptionScope, vaultId, within } from './ids.ts';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly systemData: SystemData;
  /** Other fields that lists contain. */
  readonly more: Readonly<Record<string, unknown>>;
}

const quoted = "'((?:[^']|'')*)'";
const is = (field: string, read: (one: Listed) => string): FilterPart<Listed> => [
  new RegExp(`^${field}\\s+eq\\s+${quoted}$`, 'i'),
  (value) => (one) => sameId(read(one), value),
];

/** Name and value describe one tag. Names ignore case, values don't. */
const tagged: FilterPart<Listed> = [
  new RegExp(`^tagName\\s+eq\\s+${quoted}(?:\\s+and\\s+tagValue\\s+eq\\s+${quoted})?$`, 'i'),
  (name, value) => (one) =>
    Object.entries(one.tags ?? {}).some(([tag, held]) => sameId(tag, name) && (value === undefined || held === value)),
];

const filters: readonly FilterPart<Listed>[] = [
  is('name', ({ name }) => name),
  is('resourceType', ({ type }) => type),
  is('location', ({ location }) => location),
  is('resourceGroup', ({ resourceGroup }) => resourceGroup),
  tagged,
];

const allResources = (call: Call): readonly Listed[] => {
  const { state } = call.world;
  const agents = state.agents.map((one): Listed => {
    const { sku, identity } = agentBody(state, one);
    return {
      ...one,
      id: agentId(one),
      type: 'Microsoft.HealthBot/healthBots',
      tags: one.content.tags,
      more: { sku, ...(identity === undefined ? {} : { identity }) },
    };
  });
  const vaults = state.vaults.map(
    (one): Listed => ({ ...one, id: vaultId(one), type: 'Microsoft.KeyVault/vaults', more: {} }),
  );
  return [...agents, ...vaults];
};

/** Adds `createdTime` and `changedTime`, which lists contain only with `$expand` (ARM's reference). */
const expanded = (resource: Listed, expand: string) => ({
  ...(/createdTime/i.test(expand) ? { createdTime: resource.systemData.createdAt } : {}),
  ...(/changedTime/i.test(expand) ? { changedTime: resource.systemData.lastModifiedAt } : {}),
});

const invalid = (part: string): Refusal =>
  Refusal.of(400, 'InvalidFilterInQueryString', `Invalid $filter '${part}' specified in the query string.`);

const listResources = (call: Call, scope: string): Reply => {
  const matches = readFilter(call, filters, invalid);
  // Then the answer doesn't contain tags.
  const usesTags = /\btagName\b/i.test(call.incoming.query.get('$filter') ?? '');
  const expand = call.incoming.query.get('$expand') ?? '';
  const value = allResources(call)
    .filter((one) => within(one.id, scope) && matches(one))
    .map((one) => ({
      id: one.id,
      name: one.name,
      type: one.type,
      location: one.location,
      ...(usesTags ? {} : { tags: one.tags ?? {} }),
      ...one.more,
      ...expanded(one, expand),
    }));
  return reply(200, pageOf(call, value));
};

const route = armRoutes(resourceListVersions, 'Microsoft.Resources/subscriptions');

export const resourceListRoutes: readonly Route[] = [
  route('GET', '/subscriptions/{sub}/resources', 'resources/read', (call) =>
    listResources(call, subscriptionScope(param(call, 'sub'))),
  ),
  route('GET', '/subscriptions/{sub}/resourceGroups/{group}/resources', 'resourcegroups/resources/read', (call) =>
    listResources(call, groupScope(param(call, 'sub'), param(call, 'group'))),
  ),
];
