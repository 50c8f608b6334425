/** What the caller's own roles give it at a scope (Microsoft.Authorization permissions 2022-04-01). */
import { z } from 'zod';
import { fits } from '../domain/policy/rules.ts';
import type { AzureClients } from './line.ts';

const patterns = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

/** What one role gives. One role's exceptions take nothing from another's. */
export const Permission = z.object({
  actions: patterns,
  notActions: patterns,
  dataActions: patterns,
  notDataActions: patterns,
});
export type Permission = z.infer<typeof Permission>;

/** Conditions on a role assignment and deny assignments are not in this list. */
export async function permissionsAt(line: AzureClients, scope: string): Promise<readonly Permission[]> {
  const found: Permission[] = [];
  const path = `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
  for await (const item of line.plain.list(path)) found.push(Permission.parse(item));
  return found;
}

/** `*` stands for any text, slashes included; case does not matter. */
const fitsAsWritten = (pattern: string, action: string): boolean => fits(pattern.toLowerCase(), action.toLowerCase());

/**
 * A star between two slashes may stand for nothing, so that one slash is left. Microsoft's page on wildcards does not say so, but
 * only then do built-in roles give what Microsoft says of them: Key Vault Reader reads vaults by `vaults/…/read` with a star in
 * the middle, and Managed Identity Operator has `assign/action` in the same way alone.
 */
const fitsInAzure = (pattern: string, action: string): boolean =>
  fitsAsWritten(pattern, action) || fitsAsWritten(pattern.replaceAll('/*/', '/'), action);

type Fits = typeof fitsInAzure;

const allowed =
  (given: 'actions' | 'dataActions', taken: 'notActions' | 'notDataActions', gives: Fits, takes: Fits) =>
  (permissions: readonly Permission[]) =>
  (name: string): boolean =>
    permissions.some(
      (one) =>
        one[given].some((pattern) => gives(pattern, name)) && !one[taken].some((pattern) => takes(pattern, name)),
    );

const both = (gives: Fits, takes: Fits) => (permissions: readonly Permission[]) => ({
  action: allowed('actions', 'notActions', gives, takes)(permissions),
  dataAction: allowed('dataActions', 'notDataActions', gives, takes)(permissions),
});

/** Whether the roles together allow an action, or a data action, as Azure seems to read wildcards. */
export const allowedBy = both(fitsInAzure, fitsInAzure);

/** Whether they allow it by any reading of wildcards: for what others could do. */
export const maybeAllowedBy = both(fitsInAzure, fitsAsWritten);
