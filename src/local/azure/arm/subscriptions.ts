import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { ResourceGroup, Subscription } from '../state/schema.ts';
import { type ProviderType, providers } from './api-version-check.ts';
import { resourcesVersions } from './api-versions.ts';
import { groupScope, sameId, subscriptionScope } from './ids.ts';
import { holds } from './rbac.ts';

const subscriptionBody = (call: Call, subscription: Subscription) => ({
  id: subscriptionScope(subscription.id),
  subscriptionId: subscription.id,
  tenantId: call.world.state.tenantId,
  displayName: subscription.displayName,
  state: 'Enabled',
  authorizationSource: 'RoleBased',
  subscriptionPolicies: {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  },
});

/** Lists show what the caller may read, without an error for the rest. */
const listSubscriptions = (call: Call): Reply => {
  const { state } = call.world;
  const action = 'Microsoft.Resources/subscriptions/read';
  const value = state.subscriptions
    .filter((one) => holds(state, call.caller.principalId, 'action', action, subscriptionScope(one.id), call.now))
    .map((one) => subscriptionBody(call, one));
  return reply(200, { value, count: { type: 'Total', value: value.length } });
};

const getSubscription = (call: Call): Reply => {
  const found = call.world.state.subscriptions.find((one) => sameId(one.id, param(call, 'sub')));
  if (found === undefined) throw new Error('the container check lets only known subscriptions pass');
  return reply(200, subscriptionBody(call, found));
};

const groupBody = (group: ResourceGroup) => ({
  id: groupScope(group.subscriptionId, group.name),
  name: group.name,
  type: 'Microsoft.Resources/resourceGroups',
  location: group.location,
  properties: { provisioningState: 'Succeeded' },
});

const groupsIn = (call: Call): readonly ResourceGroup[] =>
  call.world.state.resourceGroups.filter((one) => sameId(one.subscriptionId, param(call, 'sub')));

const getGroup = (call: Call): Reply => {
  const found = groupsIn(call).find((one) => sameId(one.name, param(call, 'group')));
  if (found === undefined) throw new Error('the container check lets only known groups pass');
  return reply(200, groupBody(found));
};

const providerBody = (call: Call, namespace: string, types: readonly ProviderType[]) => ({
  id: `${subscriptionScope(param(call, 'sub'))}/providers/${namespace}`,
  namespace,
  registrationState: 'Registered',
  registrationPolicy: 'RegistrationRequired',
  resourceTypes: types,
});

const listProviders = (call: Call): Reply =>
  reply(200, { value: Object.entries(providers).map(([namespace, types]) => providerBody(call, namespace, types)) });

const getProvider = (call: Call): Reply => {
  const wanted = param(call, 'namespace');
  const found = Object.entries(providers).find(([namespace]) => sameId(namespace, wanted));
  if (found === undefined) {
    throw armRefusal(404, 'InvalidResourceNamespace', `The resource namespace '${wanted}' is invalid.`);
  }
  return reply(200, providerBody(call, found[0], found[1]));
};

const listTenants = (call: Call): Reply => {
  const { tenantId } = call.world.state;
  return reply(200, {
    value: [{ id: `/tenants/${tenantId}`, tenantId, displayName: 'Local', tenantCategory: 'Home' }],
  });
};

const resourcesRoute = (pattern: string, action: string | null, handle: Route['handle']): Route => ({
  method: 'GET',
  pattern,
  audience: 'arm',
  versions: resourcesVersions,
  action,
  handle,
});

const readSubscription = 'Microsoft.Resources/subscriptions/read';
const readGroups = 'Microsoft.Resources/subscriptions/resourceGroups/read';
const readProviders = 'Microsoft.Resources/subscriptions/providers/read';

export const subscriptionRoutes: readonly Route[] = [
  resourcesRoute('/tenants', null, listTenants),
  resourcesRoute('/subscriptions', null, listSubscriptions),
  resourcesRoute('/subscriptions/{sub}', readSubscription, getSubscription),
  resourcesRoute('/subscriptions/{sub}/resourceGroups', readGroups, (call) =>
    reply(200, { value: groupsIn(call).map(groupBody) }),
  ),
  resourcesRoute('/subscriptions/{sub}/resourceGroups/{group}', readGroups, getGroup),
  resourcesRoute('/subscriptions/{sub}/providers', readProviders, listProviders),
  resourcesRoute('/subscriptions/{sub}/providers/{namespace}', readProviders, getProvider),
];
