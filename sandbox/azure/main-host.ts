/** Azure's main address: all its routes, and what each request passes before them. */

import { Refusal, type Reply, Router, reply } from '../http.ts';
import { healthBotRoutes } from './agents/agent-routes.ts';
import { requireApiVersion } from './arm/api-versions.ts';
import { authorizationFailed, requireAction, scopeOf } from './arm/authorization.ts';
import { requireGroup, requireSubscription } from './arm/existence.ts';
import { lockRoutes, requireUnlocked } from './arm/locks.ts';
import { providerRoutes, requireRegistered, resourceListRoutes, subscriptionRoutes } from './arm/places.ts';
import { policyRoutes, requirePolicies } from './arm/policy.ts';
import { roleAssignmentRoutes } from './arm/role-assignments.ts';
import { roleDefinitionRoutes } from './arm/role-definitions.ts';
import { botServiceRoutes } from './bot-service/bot-services.ts';
import { type AccessTrace, type Call, notSimulated, type Route } from './http.ts';
import { entraRoutes } from './identity/entra.ts';
import { graphApplicationRoutes, graphListRoutes } from './identity/graph-applications.ts';
import { graphRoutes } from './identity/graph-members.ts';
import { type Caller, callerOf, type TokenTexts } from './identity/tokens.ts';
import type { Incoming } from './incoming.ts';
import { accessPolicyRoutes } from './key-vault/access-policies.ts';
import { isVaultHost, serveVault, vaultOf } from './key-vault/vault-host.ts';
import { vaultKeyRoutes } from './key-vault/vault-keys.ts';
import { vaultRoutes } from './key-vault/vaults.ts';
import { activityLogRoutes } from './logs/activity-log.ts';
import { logQueryRoutes } from './logs/log-analytics.ts';
import { resourceGraphRoutes } from './resource-graph/resource-graph.ts';
import { lags } from './state/lagging-views.ts';
import type { SimulatorState } from './state/schema.ts';
import { storageRoutes } from './storage.ts';
import type { World } from './world.ts';

/** Routes of the main port. Extensions of scopes (roles, locks) come before the scopes themselves. */
export const mainRouter = new Router<Route>([
  ...entraRoutes,
  ...graphRoutes,
  ...graphListRoutes,
  ...graphApplicationRoutes,
  ...resourceGraphRoutes,
  ...logQueryRoutes,
  ...activityLogRoutes,
  ...roleAssignmentRoutes,
  ...roleDefinitionRoutes,
  ...lockRoutes,
  ...policyRoutes,
  ...healthBotRoutes,
  ...storageRoutes,
  ...botServiceRoutes,
  ...accessPolicyRoutes,
  ...vaultKeyRoutes,
  ...vaultRoutes,
  ...resourceListRoutes,
  ...subscriptionRoutes,
  ...providerRoutes,
]);

/** A resource group, or one resource or key in it: these answer `HEAD`. */
const single = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(\/providers\/[^/]+(\/[^/]+\/[^/]+)+)?$/i;

/** Answers `HEAD` with 204 or 404, depending on what GET would answer (the description). */
const asReading = (incoming: Incoming): Incoming => {
  if (single.test(incoming.path)) return { ...incoming, method: 'GET' };
  throw notSimulated(incoming);
};

const existence = ({ status }: Reply): Reply => reply(status === 200 ? 204 : status);

const kinds: Readonly<Record<string, 'write' | 'delete'>> = { PUT: 'write', PATCH: 'write', DELETE: 'delete' };

/** Locks don't lock other locks: a caller with permission to write locks can delete one. */
const isLock = (path: string): boolean => /\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i.test(path);

/** Checks what blocks a permitted change before its provider sees it: registration, locks, policies. */
const requireWritable = (state: SimulatorState, incoming: Incoming, now: Date): void => {
  const { method, path } = incoming;
  const kind = kinds[method];
  if (kind === undefined) return;
  if (kind === 'write') requireRegistered(state, path);
  if (!isLock(path)) requireUnlocked(state, path, kind);
  requirePolicies(state, incoming, now);
};

const anonymous: Caller = { principalId: '', appId: '' };

const tokenTexts: TokenTexts<readonly [code: string, message: string]> = {
  missing: ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."],
  expired: ['ExpiredAuthenticationToken', 'The access token expiry is in the past.'],
  invalid: ['InvalidAuthenticationToken', 'The access token is invalid.'],
  'wrong-audience': [
    'InvalidAuthenticationTokenAudience',
    "The access token has been obtained for wrong audience or resource '{}'.",
  ],
};

/** Throws the real answers of the services to a missing or unusable token (for logs: Microsoft's page on its errors). */
const authenticate = async (world: World, incoming: Incoming, audience: Route['audience']): Promise<Caller> => {
  if (audience === 'open') return anonymous;
  const caller = await callerOf(world, incoming, audience);
  if ('principalId' in caller) return caller;
  const [code, text] = tokenTexts[caller.problem];
  const message = text.replace('{}', caller.audience);
  if (audience === 'logs')
    throw Refusal.of(401, 'InvalidTokenError', `Valid authentication was not provided: ${message}`);
  if (audience === 'graph') throw Refusal.of(401, 'InvalidAuthenticationToken', message);
  const challenge = `Bearer authorization_uri="${world.url}/${world.state.tenantId}", error="invalid_token", error_description="${message}"`;
  throw Refusal.of(401, code, message, {}, { 'www-authenticate': challenge });
};

/** Returns the world that a GET sees while reads lag behind writes. Permissions don't lag. */
const asRead = (world: World, now: Date): World => ({
  ...world,
  state: { ...world.state, ...world.readReplica.read(world.state, now) },
});

/** Checks in the order of the real service: token, quota, version, permission, existence of containers, locks. */
const serveMain = async (world: World, incoming: Incoming, now: Date, trace: AccessTrace): Promise<Reply> => {
  if (incoming.method === 'HEAD') return existence(await serveMain(world, asReading(incoming), now, trace));
  const found = mainRouter.find(incoming.method, incoming.path);
  if (found === null) throw notSimulated(incoming);
  const { route, params } = found;
  const caller = await authenticate(world, incoming, route.audience);
  if (route.audience !== 'open') trace.principalId = caller.principalId;
  if (route.audience === 'arm') world.quotas.countArm(world.state, incoming, caller.principalId, now);
  requireApiVersion(incoming.path, incoming.query.get('api-version'), route.versions);
  if (route.audience === 'arm') requireRights({ incoming, params, caller, world, now, trace }, route.action);
  const shown = lags(incoming.method, incoming.path) ? asRead(world, now) : world;
  return route.handle({ incoming, params, caller, world: shown, now, trace });
};

const requireRights = ({ world, incoming, caller, now, trace }: Call, action: string | null): void => {
  requireSubscription(world.state, incoming.path);
  if (action !== null) {
    const target = { scope: scopeOf(incoming.path), body: incoming.body };
    if (incoming.denied) throw authorizationFailed(caller, action, target.scope);
    requireAction(world.state, caller, action, target, now);
    trace.actions.add(action);
  }
  requireGroup(world.state, incoming.path);
  requireWritable(world.state, incoming, now);
};

/** Serves one request, of a vault or of the main port. Refusals are answers; anything else thrown is a bug of the simulator. */
export const dispatch = async (world: World, incoming: Incoming, now: Date, trace: AccessTrace): Promise<Reply> => {
  const by = isVaultHost(incoming) || vaultOf(world, incoming) !== undefined ? serveVault : serveMain;
  try {
    return await by(world, incoming, now, trace);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    console.error('Azure simulator: a bug while serving', incoming.method, incoming.sentUrl.slice(0, 200), error);
    return Refusal.of(500, 'InternalServerError', 'The Azure simulator has a bug; see its log.').reply;
  }
};
