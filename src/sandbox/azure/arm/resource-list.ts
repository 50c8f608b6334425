import { agentBody } from '../health-bots/agent-body.ts';
import { pageOfBodies } from '../http/pages.ts';
import { type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { SystemData } from '../state/schema-agents.ts';
import { resourceListVersions } from './api-versions.ts';
import { agentId, vaultId, within } from './ids.ts';
import { type Filtered, readFilter } from './resource-filter.ts';

interface Listed extends Filtered {
  readonly id: string;
  readonly systemData: SystemData;
  /** What else a list tells of it. */
  readonly more: Readonly<Record<string, unknown>>;
}

const allResources = (call: Call): readonly Listed[] => {
  const { state } = call.world;
  const agents = state.agents.map((one): Listed => {
    const { sku, identity } = agentBody(state, one);
    return {
      ...one,
      id: agentId(one),
      type: 'Microsoft.HealthBot/healthBots',
      principalId: one.content.identity?.principalId ?? null,
      tags: one.content.tags,
      more: { sku, ...(identity === undefined ? {} : { identity }) },
    };
  });
  const vaults = state.vaults.map(
    (one): Listed => ({ ...one, id: vaultId(one), type: 'Microsoft.KeyVault/vaults', principalId: null, more: {} }),
  );
  return [...agents, ...vaults];
};

/** `createdTime` and `changedTime` stand in the answer only when asked for through `$expand` (ARM's reference). */
const expanded = (resource: Listed, expand: string) => ({
  ...(/createdTime/i.test(expand) ? { createdTime: resource.systemData.createdAt } : {}),
  ...(/changedTime/i.test(expand) ? { changedTime: resource.systemData.lastModifiedAt } : {}),
});

const listResources = (call: Call, scope: string): Reply => {
  const { keeps, byTags } = readFilter(call.incoming.query.get('$filter'));
  const expand = call.incoming.query.get('$expand') ?? '';
  const value = allResources(call)
    .filter((one) => within(one.id, scope) && keeps(one))
    .map((one) => ({
      id: one.id,
      name: one.name,
      type: one.type,
      location: one.location,
      ...(byTags ? {} : { tags: one.tags ?? {} }),
      ...one.more,
      ...expanded(one, expand),
    }));
  return reply(200, pageOfBodies(call, value));
};

const listRoute = (pattern: string, action: string, scope: (call: Call) => string): Route => ({
  method: 'GET',
  pattern,
  audience: 'arm',
  versions: resourceListVersions,
  action,
  handle: (call) => listResources(call, scope(call)),
});

export const resourceListRoutes: readonly Route[] = [
  listRoute(
    '/subscriptions/{sub}/resources',
    'Microsoft.Resources/subscriptions/resources/read',
    (call) => `/subscriptions/${param(call, 'sub')}`,
  ),
  listRoute(
    '/subscriptions/{sub}/resourceGroups/{group}/resources',
    'Microsoft.Resources/subscriptions/resourcegroups/resources/read',
    (call) => `/subscriptions/${param(call, 'sub')}/resourceGroups/${param(call, 'group')}`,
  ),
];
