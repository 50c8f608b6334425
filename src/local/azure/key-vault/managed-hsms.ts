import { vaultVersions } from '../arm/api-versions.ts';
import { type Reply, reply } from '../http/reply.ts';
import type { Route } from '../http/router.ts';

/** Azure's command line asks for managed HSMs wherever it asks for vaults, and gives up where nobody answers. */
const none = (): Reply => reply(200, { value: [] });

const hsmRoute = (method: string, tail: string, verb: string, handle: Route['handle']): Route => ({
  method,
  pattern: `/subscriptions/{sub}${tail}`,
  audience: 'arm',
  versions: vaultVersions,
  action: `Microsoft.KeyVault/${verb}`,
  shapeOnly: 'there are no managed HSMs',
  handle,
});

export const managedHsmRoutes: readonly Route[] = [
  hsmRoute('GET', '/providers/Microsoft.KeyVault/managedHSMs', 'managedHSMs/read', none),
  hsmRoute('GET', '/providers/Microsoft.KeyVault/deletedManagedHSMs', 'deletedManagedHsms/read', none),
  hsmRoute('GET', '/resourceGroups/{group}/providers/Microsoft.KeyVault/managedHSMs', 'managedHSMs/read', none),
];
