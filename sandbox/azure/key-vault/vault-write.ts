import { z } from 'zod';
import { Refusal } from '../../http.ts';
import { sameId } from '../arm/ids.ts';
import { later } from '../state/latency.ts';
import { type AccessPolicy, NetworkAcls, type Vault } from '../state/schema-vaults.ts';

const Rights = z
  .array(z.string())
  .nullish()
  .transform((rights) => rights ?? []);

export const PolicyBody = z.strictObject({
  tenantId: z.guid(),
  objectId: z.guid(),
  applicationId: z.guid().nullish(),
  permissions: z.strictObject({ keys: Rights, secrets: Rights, certificates: Rights, storage: Rights }),
});
export type PolicyBody = z.infer<typeof PolicyBody>;

/** Accepted properties of a PATCH. Read-only ones are ignored. */
export const VaultProperties = z.strictObject({
  tenantId: z.guid().optional(),
  sku: z.strictObject({ family: z.string(), name: z.enum(['standard', 'premium']) }).optional(),
  accessPolicies: z.array(PolicyBody).nullish(),
  vaultUri: z.string().nullish(),
  provisioningState: z.string().nullish(),
  hsmPoolResourceId: z.string().nullish(),
  privateEndpointConnections: z.array(z.unknown()).nullish(),
  enabledForDeployment: z.boolean().nullish(),
  enabledForDiskEncryption: z.boolean().nullish(),
  enabledForTemplateDeployment: z.boolean().nullish(),
  enableSoftDelete: z.boolean().nullish(),
  softDeleteRetentionInDays: z.number().int().min(7).max(90).nullish(),
  enableRbacAuthorization: z.boolean().nullish(),
  createMode: z.enum(['default', 'recover']).nullish(),
  enablePurgeProtection: z.boolean().nullish(),
  networkAcls: z
    .object({
      bypass: z.string().nullish(),
      defaultAction: z.enum(['Allow', 'Deny']).nullish(),
      ipRules: NetworkAcls.shape.ipRules.nullish(),
      virtualNetworkRules: NetworkAcls.shape.virtualNetworkRules.nullish(),
    })
    .nullish(),
  publicNetworkAccess: z.enum(['Enabled', 'Disabled', 'SecuredByPerimeter']).nullish(),
});
export type VaultProperties = z.infer<typeof VaultProperties>;

const badRequest = (message: string): Refusal => Refusal.of(400, 'BadRequest', message);

/** Real texts (public reports); the last one is from memory. */
const requirePossible = (vault: Vault, wanted: VaultProperties): void => {
  if (wanted.enablePurgeProtection === false) {
    throw badRequest(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
  }
  if (wanted.enableSoftDelete === false && vault.enableSoftDelete) {
    throw badRequest(
      'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the \'soft delete\' functionality is an irreversible action.',
    );
  }
  const softDelete = vault.enableSoftDelete || wanted.enableSoftDelete === true;
  if (wanted.enablePurgeProtection === true && !softDelete) {
    throw badRequest('The property "enablePurgeProtection" can only be set to true when soft delete is enabled.');
  }
  const days = wanted.softDeleteRetentionInDays;
  if (days !== undefined && days !== null && vault.enableSoftDelete && days !== vault.softDeleteRetentionInDays) {
    throw badRequest('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.');
  }
};

export const newPolicy = (vault: Vault, body: PolicyBody, now: Date, propagation: number): AccessPolicy => {
  if (!sameId(body.tenantId, vault.tenantId)) {
    throw badRequest("An invalid value was provided for 'accessPolicies': the tenant is not the vault's.");
  }
  return {
    tenantId: body.tenantId,
    objectId: body.objectId,
    applicationId: body.applicationId ?? null,
    permissions: body.permissions,
    keysBefore: [],
    effectiveAt: later(now, propagation),
  };
};

const aclsAfter = (vault: Vault, wanted: VaultProperties['networkAcls']): Vault['networkAcls'] =>
  wanted === undefined || wanted === null
    ? vault.networkAcls
    : {
        bypass: wanted.bypass ?? vault.networkAcls?.bypass ?? 'AzureServices',
        defaultAction: wanted.defaultAction ?? vault.networkAcls?.defaultAction ?? 'Allow',
        ipRules: wanted.ipRules ?? vault.networkAcls?.ipRules ?? [],
        virtualNetworkRules: wanted.virtualNetworkRules ?? vault.networkAcls?.virtualNetworkRules ?? [],
      };

/** Applies a PATCH or the properties of a PUT. Access policies in it replace the whole list. */
export const applyProperties = (vault: Vault, wanted: VaultProperties, now: Date, propagation: number): void => {
  requirePossible(vault, wanted);
  const policies = wanted.accessPolicies;
  if (policies !== undefined && policies !== null) {
    const existing = vault.accessPolicies;
    vault.accessPolicies = policies.map((body) => {
      const policy = newPolicy(vault, body, now, propagation);
      const old = existing.find((one) => sameId(one.objectId, policy.objectId));
      return old === undefined ? policy : { ...policy, keysBefore: old.permissions.keys };
    });
  }
  vault.sku = wanted.sku?.name ?? vault.sku;
  vault.enableSoftDelete = wanted.enableSoftDelete ?? vault.enableSoftDelete;
  vault.softDeleteRetentionInDays = wanted.softDeleteRetentionInDays ?? vault.softDeleteRetentionInDays;
  vault.enablePurgeProtection = wanted.enablePurgeProtection ?? vault.enablePurgeProtection;
  vault.enableRbacAuthorization = wanted.enableRbacAuthorization ?? vault.enableRbacAuthorization;
  vault.networkAcls = aclsAfter(vault, wanted.networkAcls);
  vault.publicNetworkAccess = wanted.publicNetworkAccess ?? vault.publicNetworkAccess;
};
