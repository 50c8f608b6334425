import { Router } from '../../http.ts';
import { activityLogRoutes } from '../activity-log/activity-log.ts';
import { botServiceRoutes } from '../bot-service/bot-services.ts';
import { healthBotRoutes } from '../health-bots/health-bots.ts';
import type { Route } from '../http/router.ts';
import { entraRoutes } from '../identity/entra.ts';
import { graphRoutes } from '../identity/graph.ts';
import { graphApplicationRoutes, graphListRoutes } from '../identity/graph-applications.ts';
import { accessPolicyRoutes } from '../key-vault/access-policies.ts';
import { vaultKeyRoutes } from '../key-vault/vault-keys.ts';
import { vaultRoutes } from '../key-vault/vaults.ts';
import { logQueryRoutes } from '../log-analytics/query-route.ts';
import { policyRoutes } from '../policy/policies.ts';
import { resourceGraphRoutes } from '../resource-graph/resource-graph.ts';
import { lockRoutes } from './extensions.ts';
import { providerRoutes } from './providers.ts';
import { resourceListRoutes } from './resource-list.ts';
import { roleAssignmentRoutes } from './role-assignments.ts';
import { roleDefinitionRoutes } from './role-definitions.ts';
import { subscriptionRoutes } from './subscriptions.ts';

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
  ...botServiceRoutes,
  ...accessPolicyRoutes,
  ...vaultKeyRoutes,
  ...vaultRoutes,
  ...resourceListRoutes,
  ...subscriptionRoutes,
  ...providerRoutes,
]);
