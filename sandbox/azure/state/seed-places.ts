import { groupScope } from '../arm/ids.ts';
import type { ResourceGroup, Subscription, Workspace } from './schema.ts';

/** Default creation time of everything seeded. */
export const seededAt = '2024-03-04T08:00:00.000Z';

/** A researcher's vault: one letter different from the hospital's `kv-hospital-keys`. */
export const lookAlikeName = 'kv-hospita1-keys';

export const subscriptions = {
  care: '40000000-0000-4000-8000-000000000001',
  research: '40000000-0000-4000-8000-000000000002',
  finance: '40000000-0000-4000-8000-000000000003',
} as const;

export const seedSubscriptions = (): Subscription[] => [
  { id: subscriptions.care, displayName: 'Care production' },
  { id: subscriptions.research, displayName: 'Research' },
  { id: subscriptions.finance, displayName: 'Finance' },
];

export const seedResourceGroups = (): ResourceGroup[] => [
  { subscriptionId: subscriptions.care, name: 'rg-care-prod', location: 'westeurope' },
  { subscriptionId: subscriptions.care, name: 'rg-care-north', location: 'northeurope' },
  { subscriptionId: subscriptions.care, name: 'rg-care-test', location: 'westeurope' },
  { subscriptionId: subscriptions.research, name: 'rg-research', location: 'westeurope' },
  { subscriptionId: subscriptions.finance, name: 'rg-finance', location: 'westeurope' },
];

/** The workspace that gets the logs of all vaults. */
export const logWorkspace: Workspace = {
  id: `${groupScope(subscriptions.care, 'rg-care-prod')}/providers/Microsoft.OperationalInsights/workspaces/log-care`,
  customerId: 'a0000000-0000-4000-8000-000000000001',
};
