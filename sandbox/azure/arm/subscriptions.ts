import { type Reply, reply } from '../../http.ts';
import { pageOf, readFilter } from '../http/lists.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { ResourceGroup, Subscription } from '../state/schema.ts';
import { resourcesVersions } from './api-versions.ts';
import { groupScope, sameId, subscriptionScope } from './ids.ts';
import { callerHolds } from './rbac.ts';

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

/** Lists the subscriptions that the caller can read, without an error for the others. */
const listSubscriptions = (call: Call): Reply => {
  const value = call.world.state.subscriptions
    .filter(({ id }) => callerHolds(call, 'Microsoft.Resources/subscriptions/read', subscriptionScope(id)))
    .map((one) => subscriptionBody(call, one));
  return reply(200, { ...pageOf(call, value), count: { type: 'Total', value: value.length } });
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

const listGroups = (call: Call): Reply =>
  reply(200, pageOf(call, groupsIn(call).filter(readFilter(call, [])).map(groupBody)));

const listTenants = (call: Call): Reply => {
  const { tenantId } = call.world.state;
  return reply(200, {
    value: [{ id: `/tenants/${tenantId}`, tenantId, displayName: 'Local', tenantCategory: 'Home' }],
  });
};

const route = armRoutes(resourcesVersions, 'Microsoft.Resources/subscriptions');
const groups = '/subscriptions/{sub}/resourceGroups';

export const subscriptionRoutes: readonly Route[] = [
  route('GET', '/tenants', null, listTenants),
  route('GET', '/subscriptions', null, listSubscriptions),
  route('GET', '/subscriptions/{sub}', 'read', getSubscription),
  route('GET', groups, 'resourceGroups/read', listGroups),
  route('GET', `${groups}/{group}`, 'resourceGroups/read', getGroup),
];
