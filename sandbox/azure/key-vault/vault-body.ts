/** Vaults, their policies and the attributes of their keys, as Key Vault shows them. */

import { vaultId, vaultType } from '../arm/ids.ts';
import type { AccessPolicy, KeyVersion, NetworkAcls, Vault } from '../state/vaults.ts';

/** With a trailing slash, as Key Vault's resource provider writes it. */
export const vaultUri = (vault: Vault): string => `https://localhost:${vault.port}/`;

export const policyBody = (policy: AccessPolicy) => ({
  tenantId: policy.tenantId,
  objectId: policy.objectId,
  ...(policy.applicationId === null ? {} : { applicationId: policy.applicationId }),
  permissions: policy.permissions,
});

/** The vault in ARM's shape. Without purge protection, the field is absent, not false, as in Azure. */
export const vaultBody = (vault: Vault) => ({
  id: vaultId(vault),
  name: vault.name,
  type: vaultType,
  location: vault.location,
  tags: vault.tags,
  systemData: vault.systemData,
  properties: {
    sku: { family: 'A', name: vault.sku },
    tenantId: vault.tenantId,
    ...(vault.networkAcls === null ? {} : { networkAcls: vault.networkAcls }),
    accessPolicies: vault.accessPolicies.map(policyBody),
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    enableSoftDelete: vault.enableSoftDelete,
    ...(vault.enableSoftDelete ? { softDeleteRetentionInDays: vault.softDeleteRetentionInDays } : {}),
    ...(vault.enablePurgeProtection ? { enablePurgeProtection: true } : {}),
    enableRbacAuthorization: vault.enableRbacAuthorization,
    vaultUri: vaultUri(vault),
    provisioningState: 'Succeeded',
    publicNetworkAccess: vault.publicNetworkAccess,
  },
});

/** Attributes of a version of a key or secret. Unset dates are absent. */
export const attributesOf = (
  vault: Vault,
  { enabled, nbf, exp, created, updated }: Pick<KeyVersion, 'enabled' | 'nbf' | 'exp' | 'created' | 'updated'>,
) => ({
  enabled,
  ...(nbf === null ? {} : { nbf }),
  ...(exp === null ? {} : { exp }),
  created,
  updated,
  recoveryLevel: recoveryLevel(vault),
});

/** The same at the vault's own address. */
export const dataPlaneAttributes = (vault: Vault, version: Parameters<typeof attributesOf>[1]) => ({
  ...attributesOf(vault, version),
  recoverableDays: vault.enableSoftDelete ? vault.softDeleteRetentionInDays : 0,
});

/** `Recoverable` without `Purgeable` means that purge protection is on. */
const recoveryLevel = (vault: Vault): string => {
  if (!vault.enableSoftDelete) return 'Purgeable';
  return vault.enablePurgeProtection ? 'Recoverable' : 'Recoverable+Purgeable';
};

export const openAcls: NetworkAcls = {
  bypass: 'AzureServices',
  defaultAction: 'Allow',
  ipRules: [],
  virtualNetworkRules: [],
};
