/** Reads and assigns an agent identity's access to one key: role assignment or access policy, by the vault's mode. */
import { v5 as uuidV5 } from 'uuid';
import { z } from 'zod';
import { type ArmId, armIdParts } from '../../domain/ids.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { Grants } from '../../domain/ports/azure.ts';
import { vaultKind } from '../arm/resource-ids.ts';
import { assignmentsFor, roleIdOf, scopeCovers, withoutSlash } from '../arm/role-assignments.ts';
import { type AzureClients, missing } from '../connection/azure-clients.ts';
import type { Connection } from '../connection/connection.ts';

/** Key Vault Crypto Service Encryption User: read a key's metadata, wrap and unwrap. Azure's own services get this role. */
const encryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6';
/** Roles that include these permissions: Crypto User, Crypto Officer, Key Vault Administrator (Azure's built-in roles). */
const widerRoles = [
  '12338af0-0e69-4776-bea7-57ae8d297424',
  '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
  '00482a5a-887f-4fb3-b363-3b7fe8e74483',
];
const sufficientRoles = new Set([encryptionUser, ...widerRoles]);

/** The namespace of ARM's template function `guid()`, which joins its arguments with hyphens. */
const armGuidNamespace = '11fb06fb-712d-4ddd-98c7-e71bbd588830';

/** Returns a deterministic assignment name, so that repeating an assignment creates no second one. */
export const roleAssignmentName = (scope: string, principalId: string, roleId: string): string =>
  uuidV5([scope, principalId, roleId].join('-'), armGuidNamespace);

const scopeOf = (vault: Pick<ObservedVault, 'id'>, keyName: string): string => `${vault.id}/keys/${keyName}`;

/**
 * Returns the name of the assignment that the bot creates for this identity. Another actor might have created an equivalent
 * one.
 */
export const ownAssignmentAt = (vaultId: ArmId, keyName: string, principalId: string): string =>
  roleAssignmentName(scopeOf({ id: vaultId }, keyName), principalId, encryptionUser);

async function hasRole(
  clients: AzureClients,
  vault: ObservedVault,
  keyName: string,
  principalId: string,
): Promise<boolean> {
  const keyScope = scopeOf(vault, keyName);
  const filter = `principalId eq '${principalId.replaceAll("'", "''")}'`;
  for await (const assignment of assignmentsFor(clients, keyScope, filter)) {
    const same = assignment.principalId.toLowerCase() === principalId.toLowerCase();
    if (same && sufficientRoles.has(roleIdOf(assignment)) && scopeCovers(assignment.scope, keyScope)) return true;
  }
  return false;
}

const needed = ['get', 'wrapKey', 'unwrapKey'] as const;

const AccessPolicy = z.object({
  objectId: z.string().toLowerCase(),
  applicationId: z.string().nullish(),
  permissions: z.object({ keys: z.array(z.string().toLowerCase()).nullish() }),
});
const Policies = z.object({ properties: z.object({ accessPolicies: z.array(AccessPolicy).nullish() }) });

/** A policy's permissions are in lower case. With an application id, it's for that application acting for the principal. */
export async function accessPoliciesOf(clients: AzureClients, { id }: Pick<ObservedVault, 'id'>) {
  const { subscriptionId, resourceGroup, name } = armIdParts(id);
  const read = Policies.parse(await clients.keyVault(subscriptionId).vaults.get(resourceGroup, name));
  const policies = read.properties.accessPolicies ?? [];
  return policies.map(({ permissions, ...policy }) => ({ ...policy, keys: permissions.keys ?? [] }));
}

async function hasPolicy(clients: AzureClients, vault: ObservedVault, principalId: string): Promise<boolean> {
  const policies = await clients.nullOn(missing, accessPoliciesOf(clients, vault));
  return (policies ?? []).some(
    ({ objectId, applicationId, keys }) =>
      objectId === principalId.toLowerCase() &&
      !applicationId &&
      (keys.includes('all') || needed.every((permission) => keys.includes(permission.toLowerCase()))),
  );
}

async function assignRole(
  clients: AzureClients,
  vault: ObservedVault,
  keyName: string,
  principalId: string,
): Promise<void> {
  const scope = scopeOf(vault, keyName);
  const { subscriptionId } = armIdParts(vault.id);
  const created = clients
    .authorization(subscriptionId)
    .roleAssignments.create(withoutSlash(scope), roleAssignmentName(scope, principalId, encryptionUser), {
      roleDefinitionId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${encryptionUser}`,
      principalId,
      // The default is `User`. A service principal that isn't replicated yet would then be refused.
      principalType: 'ServicePrincipal',
      description: 'Customer-managed key',
    });
  // The same role exists at this scope under another name, which is fine.
  await clients.nullOn(['RoleAssignmentExists'], created);
}

/**
 * Adds an access policy. `add` merges into the principal's entry and keeps all others; a PATCH of the vault would replace the
 * list.
 */
async function addPolicy(
  clients: AzureClients,
  vault: ObservedVault,
  objectId: string,
  tenantId: string,
): Promise<void> {
  const { subscriptionId, resourceGroup, name } = armIdParts(vault.id);
  const accessPolicies = [{ tenantId, objectId, permissions: { keys: [...needed] } }];
  await clients.keyVault(subscriptionId).vaults.updateAccessPolicy(resourceGroup, name, 'add', {
    properties: { accessPolicies },
  });
}

export function armGrants(connection: Connection): Grants {
  return {
    held: (vault, keyName, principalId) =>
      connection.on(vaultKind, vault.id, `reading who can use key ${keyName} in ${vault.name}`, (clients) =>
        vault.access === 'role-assignments'
          ? hasRole(clients, vault, keyName, principalId)
          : hasPolicy(clients, vault, principalId),
      ),

    grant: (vault, keyName, principalId, tenantId) =>
      connection.on(vaultKind, vault.id, `assigning access to key ${keyName} in ${vault.name}`, async (clients) => {
        if (vault.access === 'role-assignments') await assignRole(clients, vault, keyName, principalId);
        else await addPolicy(clients, vault, principalId, tenantId);
        return clients.exchange.receipt();
      }),
  };
}
