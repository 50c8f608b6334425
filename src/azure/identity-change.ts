/** The managed identities of a resource, as Azure Resource Manager writes them, and the change that adds a system-assigned one. */

interface Resource {
  readonly identity?:
    | {
        readonly type?: string | null | undefined;
        readonly userAssignedIdentities?: Readonly<Record<string, unknown>> | null | undefined;
      }
    | null
    | undefined;
}

export interface IdentityChange {
  readonly type: 'SystemAssigned' | 'SystemAssigned, UserAssigned';
  readonly userAssignedIdentities?: Record<string, Record<string, never>>;
}

/** `SystemAssigned, UserAssigned`: a list in one string. */
export const hasOwnIdentity = ({ identity }: Resource): boolean =>
  (identity?.type ?? '').split(',').some((one) => one.trim().toLowerCase() === 'systemassigned');

/**
 * What to send for a system-assigned identity; null when there is one. Naming only `SystemAssigned` would drop the
 * user-assigned ones, so they are sent along: by id, with empty values, since what stands in them is read-only.
 */
export function identityChange(resource: Resource): IdentityChange | null {
  if (hasOwnIdentity(resource)) return null;
  const ids = Object.keys(resource.identity?.userAssignedIdentities ?? {});
  if (ids.length === 0) return { type: 'SystemAssigned' };
  return {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: Object.fromEntries(ids.map((one) => [one, {}])),
  };
}
