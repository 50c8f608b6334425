/** Who can use a vault's keys and secrets, and Key Vault's refusal for all others. */

import { errorBody } from '../../http.ts';
import { allowedBy, deniedBy, holds, type Wanted } from '../arm/authorization.ts';
import { sameId, vaultId } from '../arm/ids.ts';
import { reached } from '../latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { AccessPolicy, Vault } from '../state/vaults.ts';

/** Key permissions of access policies, with the matching data actions of role definitions. */
export const dataActions = {
  get: 'Microsoft.KeyVault/vaults/keys/read',
  create: 'Microsoft.KeyVault/vaults/keys/create/action',
  import: 'Microsoft.KeyVault/vaults/keys/import/action',
  update: 'Microsoft.KeyVault/vaults/keys/update/action',
  delete: 'Microsoft.KeyVault/vaults/keys/delete',
  purge: 'Microsoft.KeyVault/vaults/keys/purge/action',
  recover: 'Microsoft.KeyVault/vaults/keys/recover/action',
  wrapKey: 'Microsoft.KeyVault/vaults/keys/wrap/action',
  unwrapKey: 'Microsoft.KeyVault/vaults/keys/unwrap/action',
} as const;

export type KeyRight = keyof typeof dataActions;

/** The same for secrets. */
export const secretActions = {
  get: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
  set: 'Microsoft.KeyVault/vaults/secrets/setSecret/action',
} as const;

export type SecretRight = keyof typeof secretActions;

/** A use of one key or secret. */
export type Use = { readonly principalId: string; readonly name: string } & (
  | { readonly kind: 'keys'; readonly right: KeyRight }
  | { readonly kind: 'secrets'; readonly right: SecretRight }
);

export const actionOf = (use: Use): string => (use.kind === 'keys' ? dataActions[use.right] : secretActions[use.right]);

/** Returns the permissions that the policy grants now. New ones take effect after a delay. */
const rightsOf = (
  { effectiveAt, permissions, keysBefore }: AccessPolicy,
  { kind }: Use,
  now: Date,
): readonly string[] => (reached(effectiveAt, now) ? permissions[kind] : kind === 'keys' ? keysBefore : []);

const policyAllows = (vault: Vault, use: Use, now: Date): boolean =>
  vault.accessPolicies.some(
    (policy) =>
      sameId(policy.objectId, use.principalId) &&
      rightsOf(policy, use, now).some((right) => sameId(right, use.right) || sameId(right, 'all')),
  );

const scopeOfUse = (vault: Vault, { kind, name }: Use): string => `${vaultId(vault)}/${kind}/${name}`;

const wantedBy = (vault: Vault, use: Use): Wanted => ({
  principalId: use.principalId,
  kind: 'data-action',
  action: actionOf(use),
  scope: scopeOfUse(vault, use),
});

/** Returns true if the vault allows this use now: by role assignments or access policies, whichever the vault uses. */
export const mayUse = (state: SimulatorState, vault: Vault, use: Use, now: Date): boolean =>
  vault.enableRbacAuthorization ? holds(state, wantedBy(vault, use), now) : policyAllows(vault, use, now);

/** Returns the name of the role assignment that allows this use. Null on a vault with access policies. */
export const appliedAssignment = (state: SimulatorState, vault: Vault, use: Use, now: Date): string | null =>
  vault.enableRbacAuthorization ? (allowedBy(state, wantedBy(vault, use), now)?.name ?? null) : null;

const callerText = (state: SimulatorState, use: Use & { readonly appId: string }): string =>
  `appid=${use.appId};oid=${use.principalId};iss=https://sts.windows.net/${state.tenantId}/`;

/** Key Vault's refusal, with its real text (public reports and recordings of the official client libraries). */
export const refusalText = (state: SimulatorState, vault: Vault, use: Use & { readonly appId: string }) => {
  const caller = callerText(state, use);
  const where = `${vault.name};location=${vault.location}`;
  if (!vault.enableRbacAuthorization) {
    const message = `The user, group or application '${caller}' does not have ${use.kind} ${use.right.toLowerCase()} permission on key vault '${where}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`;
    return errorBody('Forbidden', message, { innererror: { code: 'AccessDenied' } });
  }
  // It is unknown how Azure's text differs for a deny assignment, except for its ID.
  const denied = deniedBy(state, wantedBy(vault, use));
  const message = `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${caller}\r\nAction: '${actionOf(use)}'\r\nResource: '${scopeOfUse(vault, use).toLowerCase()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: ${denied === undefined ? 'null' : `'${denied.name}'`}\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: ${where}\r\n`;
  return errorBody('Forbidden', message, { innererror: { code: 'ForbiddenByRbac' } });
};
