/** The subscriptions and resource groups of the first state, and its owner. */

import { vaultId } from '../arm/ids.ts';

/** Default creation time of everything seeded. */
export const seededAt = '2024-03-04T08:00:00.000Z';

/** A researcher's vault: one letter different from the hospital's `kv-hospital-keys`. */
export const lookAlikeName = 'kv-hospita1-keys';

export const subscriptions = {
  care: '40000000-0000-4000-8000-000000000001',
  research: '40000000-0000-4000-8000-000000000002',
  finance: '40000000-0000-4000-8000-000000000003',
} as const;

export const ownerPrincipalId = '50000000-0000-4000-8000-000000000001';

export interface Place {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
}

export const care: Place = {
  subscriptionId: subscriptions.care,
  resourceGroup: 'rg-care-prod',
  location: 'westeurope',
};
export const careTest: Place = { ...care, resourceGroup: 'rg-care-test' };
export const north: Place = { ...care, resourceGroup: 'rg-care-north', location: 'northeurope' };
export const research: Place = { ...care, subscriptionId: subscriptions.research, resourceGroup: 'rg-research' };
export const finance: Place = { ...care, subscriptionId: subscriptions.finance, resourceGroup: 'rg-finance' };
export const lookAlike = vaultId({ ...research, name: lookAlikeName });
