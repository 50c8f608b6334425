import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { SimulatorState } from '../state/schema.ts';
import { providers } from './api-version-check.ts';
import { resourcesVersions } from './api-versions.ts';
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

/** The namespace as Microsoft spells it. */
const requireNamespace = (call: Call): string => {
  const wanted = param(call, 'namespace');
  const found = Object.keys(providers).find((namespace) => sameId(namespace, wanted));
  if (found !== undefined) return found;
  throw armRefusal(404, 'InvalidResourceNamespace', `The resource namespace '${wanted}' is invalid.`);
};

/** The right is the provider's own: `Microsoft.HealthBot/register/action`. */
const change = (call: Call, verb: 'register' | 'unregister'): Reply => {
  const namespace = requireNamespace(call);
  const { world, caller, now, witness, incoming } = call;
  const subscriptionId = param(call, 'sub');
  const action = `${namespace}/${verb}/action`;
  requireAction(world.state, caller, action, { scope: subscriptionScope(subscriptionId), body: incoming.body }, now);
  witness.action(action);
  world.state.unregistered = world.state.unregistered.filter(
    (one) => !sameId(one.subscriptionId, subscriptionId) || !sameId(one.namespace, namespace),
  );
  if (verb === 'unregister') world.state.unregistered.push({ subscriptionId, namespace });
  // What it says at once; whoever asks again finds it done.
  return reply(200, providerBody(call, namespace, verb === 'register' ? 'Registering' : 'Unregistering'));
};

/**
 * Real code and text (public reports): nothing is made where the subscription is not registered. That reading goes on is
 * recalled.
 */
export const requireRegistered = (state: SimulatorState, path: string): void => {
  const [, subscriptionId = '', namespace = ''] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/[^/]+\/providers\/([^/]+)\//i.exec(path) ?? [];
  if (isRegistered(state, subscriptionId, namespace)) return;
  const message = `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`;
  const details = [{ code: 'MissingSubscriptionRegistration', target: namespace, message }];
  throw armRefusal(409, 'MissingSubscriptionRegistration', message, { details });
};

const providerRoute = (method: string, tail: string, action: string | null, handle: Route['handle']): Route => ({
  method,
  pattern: `/subscriptions/{sub}/providers${tail}`,
  audience: 'arm',
  versions: resourcesVersions,
  action,
  handle,
});

const read = 'Microsoft.Resources/subscriptions/providers/read';

export const providerRoutes: readonly Route[] = [
  providerRoute('GET', '', read, (call) =>
    reply(
      200,
      pageOfBodies(
        call,
        Object.keys(providers).map((namespace) => providerBody(call, namespace)),
      ),
    ),
  ),
  providerRoute('GET', '/{namespace}', read, (call) => reply(200, providerBody(call, requireNamespace(call)))),
  providerRoute('POST', '/{namespace}/register', null, (call) => change(call, 'register')),
  providerRoute('POST', '/{namespace}/unregister', null, (call) => change(call, 'unregister')),
];
