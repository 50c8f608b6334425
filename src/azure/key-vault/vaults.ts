/** Key vaults over ARM (Microsoft.KeyVault 2026-02-01, the version `@azure/arm-keyvault` 5 speaks). */
import { z } from 'zod';
import { ArmId } from '../../domain/ids.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { Vaults } from '../../domain/ports/azure.ts';
import { lastPart, sameSpelling, vaultKind } from '../arm/resource-ids.ts';
import { missing } from '../connection/azure-clients.ts';
import type { Connection } from '../connection/connection.ts';

const Vault = z.object({
  id: ArmId,
  name: z.string(),
  location: z.string(),
  systemData: z.object({ createdAt: z.date().nullish() }).nullish(),
  properties: z.object({
    tenantId: z.string(),
    vaultUri: z.string(),
    sku: z.object({ name: z.string() }),
    enableSoftDelete: z.boolean().nullish(),
    softDeleteRetentionInDays: z.number().nullish(),
    enablePurgeProtection: z.boolean().nullish(),
    enableRbacAuthorization: z.boolean().nullish(),
    publicNetworkAccess: z.string().nullish(),
    networkAcls: z.object({ defaultAction: z.string().nullish(), bypass: z.string().nullish() }).nullish(),
  }),
});

/** By ARM's properties of a vault, each null or empty if not set. A network security perimeter doesn't exempt trusted services. */
export function firewallOf(
  publicNetworkAccess: string | null,
  {
    defaultAction,
    bypass,
  }: { readonly defaultAction?: string | null | undefined; readonly bypass?: string | null | undefined },
): ObservedVault['firewall'] {
  const access = (publicNetworkAccess ?? '').toLowerCase();
  if (access === 'securedbyperimeter') return 'closed';
  if (access !== 'disabled' && defaultAction?.toLowerCase() !== 'deny') return 'open';
  return bypass?.toLowerCase() === 'azureservices' ? 'trusted' : 'closed';
}

export const skuOf = (name: string): 'standard' | 'premium' =>
  name.toLowerCase() === 'premium' ? 'premium' : 'standard';

/** Converts a vault. A missing protection is off, and a missing mode means access policies. */
function observedVault(resource: unknown): ObservedVault {
  const { id, name, location, properties, systemData } = Vault.parse(resource);
  return {
    id,
    name,
    uri: properties.vaultUri,
    location: sameSpelling(location),
    tenantId: properties.tenantId,
    softDelete: properties.enableSoftDelete === true,
    retentionDays: properties.softDeleteRetentionInDays ?? null,
    purgeProtection: properties.enablePurgeProtection === true,
    access: properties.enableRbacAuthorization === true ? 'role-assignments' : 'access-policies',
    firewall: firewallOf(properties.publicNetworkAccess ?? null, properties.networkAcls ?? {}),
    sku: skuOf(properties.sku.name),
    createdAt: systemData?.createdAt?.toISOString() ?? null,
  };
}

export function armVaults(connection: Connection): Vaults {
  return {
    get: (id) =>
      connection.on(vaultKind, id, `reading vault ${lastPart(id)}`, async (clients, parts) => {
        const { vaults } = clients.keyVault(parts.subscriptionId);
        const vault = await clients.nullOn(missing, vaults.get(parts.resourceGroup, parts.name));
        return vault === null ? null : observedVault(vault);
      }),

    protect: (id, { softDelete }) =>
      connection.on(vaultKind, id, `protecting vault ${lastPart(id)}`, async (clients, parts) => {
        const { vaults } = clients.keyVault(parts.subscriptionId);
        // Only these two: a PATCH of access policies would replace the whole list, and Azure refuses false.
        const properties = { enablePurgeProtection: true, ...(softDelete ? { enableSoftDelete: true } : {}) };
        await vaults.update(parts.resourceGroup, parts.name, { properties });
        return clients.exchange.receipt();
      }),
  };
}
