/** The caller's permissions at a scope (Microsoft.Authorization permissions 2022-04-01), and what permissions allow. */
import { z } from 'zod';
import { fits } from '../../domain/policy/rules.ts';
import type { AzureClients } from '../connection/azure-clients.ts';

const patterns = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

/** Permissions of one role. One role's exceptions don't restrict another role. */
export const Permission = z.object({
  actions: patterns,
  notActions: patterns,
  dataActions: patterns,
  notDataActions: patterns,
});
export type Permission = z.infer<typeof Permission>;

/** Reads the permissions at a scope. The list excludes conditions on role assignments and deny assignments. */
export const permissionsAt = (clients: AzureClients, scope: string): Promise<readonly Permission[]> =>
  clients.plain.listAll(`${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`, Permission);

/** Matches a pattern. `*` is any text including slashes; case doesn't matter. */
const fitsAsWritten = (pattern: string, action: string): boolean => fits(pattern.toLowerCase(), action.toLowerCase());

/**
 * Matches a pattern as Azure seems to: a star between two slashes can also match nothing, so that one slash is left.
 * Microsoft's page on wildcards doesn't say so, but only then do built-in roles allow what Microsoft documents: Key Vault
 * Reader reads vaults by `vaults/…/read` with a star in the middle, and Managed Identity Operator has `assign/action` in the
 * same way alone.
 */
const fitsInAzure = (pattern: string, action: string): boolean =>
  fitsAsWritten(pattern, action) || fitsAsWritten(pattern.replaceAll('/*/', '/'), action);

const matchers = (fitsException: typeof fitsInAzure) => (permissions: readonly Permission[]) => {
  const allowed = (grants: 'actions' | 'dataActions', exceptions: 'notActions' | 'notDataActions') => (name: string) =>
    permissions.some(
      (one) =>
        one[grants].some((pattern) => fitsInAzure(pattern, name)) &&
        !one[exceptions].some((pattern) => fitsException(pattern, name)),
    );
  return { action: allowed('actions', 'notActions'), dataAction: allowed('dataActions', 'notDataActions') };
};

/** Returns whether the roles together allow an action or a data action, as Azure seems to read wildcards. */
export const allowedBy = matchers(fitsInAzure);

/** Returns whether they might allow it by any reading of wildcards. For other identities' powers. */
export const maybeAllowedBy = matchers(fitsAsWritten);
