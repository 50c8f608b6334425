/** What the caller's own roles give it at a scope (Microsoft.Authorization permissions 2022-04-01). */
import { z } from 'zod';
import { fits } from '../domain/policy/rules.ts';
import type { Line } from './line.ts';

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
export async function permissionsAt(line: Line, scope: string): Promise<readonly Permission[]> {
  const found: Permission[] = [];
  const path = `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
  for await (const item of line.plain.list(path)) found.push(Permission.parse(item));
  return found;
}

/** `*` stands for any text, slashes included; case does not matter. */
const matches = (pattern: string, action: string): boolean => fits(pattern.toLowerCase(), action.toLowerCase());

const some = (all: readonly string[], action: string): boolean => all.some((pattern) => matches(pattern, action));

/** Whether the roles together allow an action, or a data action. */
export const allowedBy = (permissions: readonly Permission[]) => ({
  action: (name: string): boolean =>
    permissions.some(({ actions, notActions }) => some(actions, name) && !some(notActions, name)),
  dataAction: (name: string): boolean =>
    permissions.some(({ dataActions, notDataActions }) => some(dataActions, name) && !some(notDataActions, name)),
});
