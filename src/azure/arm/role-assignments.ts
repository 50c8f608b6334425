/** Role assignments of Azure Resource Manager: what applies to a scope, and to whom. */
import { z } from 'zod';
import { isAtOrBelow } from '../../domain/ids.ts';
import type { AzureClients } from '../connection/azure-clients.ts';
import type { Principal } from '../graph/principal-names.ts';
import { lastPart } from './resource-ids.ts';

/** The SDK adds the scope's first slash itself. */
export const withoutSlash = (scope: string): string => scope.replace(/^\//, '');

const RoleAssignment = z.object({
  scope: z.string(),
  roleDefinitionId: z.string(),
  principalId: z.string(),
  principalType: z.string().nullish(),
});
export type RoleAssignment = z.infer<typeof RoleAssignment>;

/** Azure's limit of role assignments per subscription. */
export const maxAssignments = 5000;

/** Yields the role assignments that Azure lists for a scope in a vault. `filter`: in OData. */
export async function* assignmentsFor(clients: AzureClients, scope: string, filter?: string) {
  const { roleAssignments } = clients.authorization(scope.split('/')[2] ?? '');
  const list = roleAssignments.listForScope(withoutSlash(scope), filter === undefined ? {} : { filter });
  for await (const item of clients.items(list)) yield RoleAssignment.parse(item);
}

export const roleIdOf = ({ roleDefinitionId }: RoleAssignment): string => lastPart(roleDefinitionId).toLowerCase();

const types: Readonly<Record<string, Principal['type']>> = { user: 'person', group: 'group', serviceprincipal: 'app' };

export const holderType = ({ principalType }: RoleAssignment): Principal['type'] =>
  types[principalType?.toLowerCase() ?? ''] ?? 'unknown';

const managementGroups = '/providers/Microsoft.Management/managementGroups';

/**
 * Returns whether an assignment's scope covers the key: the key, its vault, resource group, subscription, or a scope above.
 * Azure lists only management groups that are above.
 */
export function scopeCovers(scope: string, keyScope: string): boolean {
  return isAtOrBelow(scope, managementGroups) || isAtOrBelow(keyScope, scope);
}
