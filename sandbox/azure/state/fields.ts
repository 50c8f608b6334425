/** Fields that several kinds of stored things have: times, places, and who changed them. */

import { z } from 'zod';

/** All dates in the state are ISO 8601 in UTC. */
export const IsoDate = z.iso.datetime();

export const place = { subscriptionId: z.string(), resourceGroup: z.string(), name: z.string() };

export const SystemData = z.object({
  createdBy: z.string(),
  createdByType: z.string(),
  createdAt: IsoDate,
  lastModifiedBy: z.string(),
  lastModifiedByType: z.string(),
  lastModifiedAt: IsoDate,
});
export type SystemData = z.infer<typeof SystemData>;

const modification = (appId: string, now: Date) => ({
  lastModifiedBy: appId,
  lastModifiedByType: 'Application',
  lastModifiedAt: now.toISOString(),
});

/** The system data of a new resource of an application. */
export const createdBy = (appId: string, now: Date): SystemData => ({
  createdBy: appId,
  createdByType: 'Application',
  createdAt: now.toISOString(),
  ...modification(appId, now),
});

/** The same after a later write. */
export const modifiedBy = (before: SystemData, appId: string, now: Date): SystemData => ({
  ...before,
  ...modification(appId, now),
});
