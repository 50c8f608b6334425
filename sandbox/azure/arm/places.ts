/** Subscriptions, resource groups, resource providers and lists of resources. */
import { Refusal, type Reply, reply } from '../../http.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { type FilterPart, pageOf, readFilter } from '../lists.ts';
import { type Resource, resourcesIn } from '../resources.ts';
import { SystemData } from '../state/fields.ts';
import type { ResourceGroup, SimulatorState, Subscription } from '../state/schema.ts';
import { providers, resourceListVersions, resourcesVersions } from './api-versions.ts';
import { callerHolds, requireAction } from './authorization.ts';
import { groupScope, sameId, subscriptionScope, within } from './ids.ts';

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

const subscriptionRoute = armRoutes(resourcesVersions, 'Microsoft.Resources/subscriptions');
const groups = '/subscriptions/{sub}/resourceGroups';

export const subscriptionRoutes: readonly Route[] = [
  subscriptionRoute('GET', '/tenants', null, ({ world: { state } }) => {
    const tenant = { id: `/tenants/${state.tenantId}`, tenantId: state.tenantId };
    return reply(200, { value: [{ ...tenant, displayName: 'Local', tenantCategory: 'Home' }] });
  }),
  subscriptionRoute('GET', '/subscriptions', null, listSubscriptions),
  subscriptionRoute('GET', '/subscriptions/{sub}', 'read', getSubscription),
  subscriptionRoute('GET', groups, 'resourceGroups/read', (call) =>
    reply(200, pageOf(call, groupsIn(call).filter(readFilter(call, [])).map(groupBody))),
  ),
  subscriptionRoute('GET', `${groups}/{group}`, 'resourceGroups/read', getGroup),
];

const isRegistered = (state: SimulatorState, subscriptionId: string, namespace: string): boolean =>
  !state.unregistered.some((one) => sameId(one.subscriptionId, subscriptionId) && sameId(one.namespace, namespace));

const stateOf = (call: Call, namespace: string): string =>
  isRegistered(call.world.state, param(call, 'sub'), namespace) ? 'Registered' : 'NotRegistered';

const providerBody = (call: Call, namespace: string, registrationState = stateOf(call, namespace)) => ({
  id: `${subscriptionScope(param(call, 'sub'))}/providers/${namespace}`,
  namespace,
  registrationState,
  registrationPolicy: 'RegistrationRequired',
  resourceTypes: providers[namespace] ?? [],
});

/** Returns the namespace in Microsoft's spelling. */
const requireNamespace = (call: Call): string => {
  const wanted = param(call, 'namespace');
  const found = Object.keys(providers).find((namespace) => sameId(namespace, wanted));
  if (found !== undefined) return found;
  throw Refusal.of(404, 'InvalidResourceNamespace', `The resource namespace '${wanted}' is invalid.`);
};

/** Registers the subscription, with the provider's own permission. Microsoft.HealthBot lists none: only a wildcard includes it. */
const register = (call: Call): Reply => {
  const namespace = requireNamespace(call);
  const { world, caller, now, trace, incoming } = call;
  const subscriptionId = param(call, 'sub');
  const action = `${namespace}/register/action`;
  requireAction(world.state, caller, action, { scope: subscriptionScope(subscriptionId), body: incoming.body }, now);
  trace.actions.add(action);
  world.state.unregistered = world.state.unregistered.filter(
    (one) => !sameId(one.subscriptionId, subscriptionId) || !sameId(one.namespace, namespace),
  );
  // The first answer says `Registering`; the next read says `Registered`.
  return reply(200, providerBody(call, namespace, 'Registering'));
};

/** Refuses to create resources without registration. Real code and text (public reports). That reads still work is from memory. */
export const requireRegistered = (state: SimulatorState, path: string): void => {
  const [, subscriptionId = '', namespace = ''] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/[^/]+\/providers\/([^/]+)\//i.exec(path) ?? [];
  if (isRegistered(state, subscriptionId, namespace)) return;
  const message = `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`;
  const details = [{ code: 'MissingSubscriptionRegistration', target: namespace, message }];
  throw Refusal.of(409, 'MissingSubscriptionRegistration', message, { details });
};

const providerRoute = armRoutes(resourcesVersions, 'Microsoft.Resources/subscriptions/providers');
const one = '/subscriptions/{sub}/providers/{namespace}';

export const providerRoutes: readonly Route[] = [
  providerRoute('GET', one, 'read', (call) => reply(200, providerBody(call, requireNamespace(call)))),
  providerRoute('POST', `${one}/register`, null, register),
];

const quoted = "'((?:[^']|'')*)'";
const is = (field: string, read: (one: Resource) => string): FilterPart<Resource> => [
  new RegExp(`^${field}\\s+eq\\s+${quoted}$`, 'i'),
  (value) => (one) => sameId(read(one), value),
];

const filters: readonly FilterPart<Resource>[] = [
  is('name', ({ name }) => name),
  is('resourceType', ({ type }) => type),
  is('location', ({ location }) => location),
  is('resourceGroup', ({ resourceGroup }) => resourceGroup),
];

/** Lists contain these of what the resource's own answer contains; with `$expand`, also two times (ARM's reference). */
const listedBody = ({ id, name, type, location, body }: Resource, expand: string) => {
  const { tags, sku, kind, identity, systemData } = body();
  const { createdAt, lastModifiedAt } = SystemData.partial().parse(systemData ?? {});
  return {
    id,
    name,
    type,
    location,
    tags: tags ?? {},
    ...Object.fromEntries(Object.entries({ sku, kind, identity }).filter(([, value]) => value !== undefined)),
    ...(/createdTime/i.test(expand) ? { createdTime: createdAt } : {}),
    ...(/changedTime/i.test(expand) ? { changedTime: lastModifiedAt } : {}),
  };
};

const invalid = (part: string): Refusal =>
  Refusal.of(400, 'InvalidFilterInQueryString', `Invalid $filter '${part}' specified in the query string.`);

const listResources = (call: Call, scope: string): Reply => {
  const matches = readFilter(call, filters, invalid);
  const expand = call.incoming.query.get('$expand') ?? '';
  const value = resourcesIn(call.world.state)
    .filter((one) => within(one.id, scope) && matches(one))
    .map((one) => listedBody(one, expand));
  return reply(200, pageOf(call, value));
};

const listRoute = armRoutes(resourceListVersions, 'Microsoft.Resources/subscriptions');

export const resourceListRoutes: readonly Route[] = [
  listRoute('GET', '/subscriptions/{sub}/resources', 'resources/read', (call) =>
    listResources(call, subscriptionScope(param(call, 'sub'))),
  ),
  listRoute('GET', '/subscriptions/{sub}/resourceGroups/{group}/resources', 'resourcegroups/resources/read', (call) =>
    listResources(call, groupScope(param(call, 'sub'), param(call, 'group'))),
  ),
];
