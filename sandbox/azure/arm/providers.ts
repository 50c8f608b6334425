import { Refusal, type Reply, reply } from '../../http.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { SimulatorState } from '../state/schema.ts';
import { providers, resourcesVersions } from './api-versions.ts';
import { requireAction } from './authorize.ts';
import { sameId, subscriptionScope } from './ids.ts';

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

/**
 * Registers the subscription with a provider.
 * The permission is the provider's own, such as `Microsoft.KeyVault/register/action`. None is listed for
 * Microsoft.HealthBot: only a wildcard includes it, as in Owner and Contributor.
 */
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

/**
 * Refuses to create resources in a subscription that isn't registered. Real code and text (public reports). That reads
 * still work is from memory.
 */
export const requireRegistered = (state: SimulatorState, path: string): void => {
  const [, subscriptionId = '', namespace = ''] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/[^/]+\/providers\/([^/]+)\//i.exec(path) ?? [];
  if (isRegistered(state, subscriptionId, namespace)) return;
  const message = `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`;
  const details = [{ code: 'MissingSubscriptionRegistration', target: namespace, message }];
  throw Refusal.of(409, 'MissingSubscriptionRegistration', message, { details });
};

const route = armRoutes(resourcesVersions, 'Microsoft.Resources/subscriptions/providers');
const one = '/subscriptions/{sub}/providers/{namespace}';

export const providerRoutes: readonly Route[] = [
  route('GET', one, 'read', (call) => reply(200, providerBody(call, requireNamespace(call)))),
  route('POST', `${one}/register`, null, register),
];
