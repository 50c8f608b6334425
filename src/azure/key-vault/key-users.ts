/** Who uses keys: role assignments or access policies for who has permission, and the vault's log for who did. */

import { catchFailure, done, nullIfForbidden, valueOrThrow } from '../../domain/failure.ts';
import type { KeyName } from '../../domain/ids.ts';
import type { HiddenKinds, ObservedUse } from '../../domain/key-impact.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { VaultLog } from '../../domain/ports/azure.ts';
import type { KeyUsers } from '../../domain/ports/inventory.ts';
import type { KeyPlace } from '../../domain/resource-kind.ts';
import { allowedBy, maybeAllowedBy, permissionsAt } from '../arm/permissions.ts';
import { vaultKind } from '../arm/resource-ids.ts';
import {
  assignmentsFor,
  holderType,
  maxAssignments,
  type RoleAssignment,
  roleIdOf,
  scopeCovers,
} from '../arm/role-assignments.ts';
import { roleDefinitions } from '../arm/role-definitions.ts';
import { brief, type Connection } from '../connection/connection.ts';
import { type Principal, resolveNames } from '../graph/principal-names.ts';
import { accessPoliciesOf } from './grants.ts';

/** Kinds that the bot can't read in a subscription; all, where it can't read its permissions either. */
async function hiddenIn(
  connection: Connection,
  kinds: readonly KeyPlace[],
  subscriptionId: string,
): Promise<HiddenKinds> {
  const read = await connection.call(
    `reading what the bot can read in subscription ${subscriptionId}`,
    async (clients) => allowedBy(await permissionsAt(clients, `/subscriptions/${subscriptionId}`)),
    brief,
  );
  const shown = (type: string): boolean => read.ok && read.value.action(`${type}/read`);
  return { subscriptionId, nouns: kinds.filter(({ type }) => !shown(type)).map(({ noun }) => noun) };
}

const unwrap = 'Microsoft.KeyVault/vaults/keys/unwrap/action';

async function byRole(
  connection: Connection,
  readRoles: ReturnType<typeof roleDefinitions>,
  vault: ObservedVault,
  keyName: KeyName | null,
) {
  const scope = `${vault.id}${keyName === null ? '' : `/keys/${keyName}`}`;
  const isMeant = (other: string): boolean =>
    scopeCovers(other, scope) || (keyName === null && scopeCovers(scope, other));
  const listed = await connection.on(
    vaultKind,
    vault.id,
    `reading who has permission to use keys of ${vault.name}`,
    async (clients) => {
      const found: RoleAssignment[] = [];
      for await (const assignment of assignmentsFor(clients, scope)) {
        if (isMeant(assignment.scope) && found.length < maxAssignments) found.push(assignment);
      }
      return found;
    },
    brief,
  );
  const assignments = valueOrThrow(listed);
  const roles = await readRoles(vault, [...new Set(assignments.map(roleIdOf))]);
  // A role that can't be read is counted: the list must not be shorter than the truth.
  const uses = assignments.filter((one) => {
    const permissions = roles.get(roleIdOf(one)) ?? null;
    return permissions === null || maybeAllowedBy(permissions).dataAction(unwrap);
  });
  return uses.map((one): Principal => ({ id: one.principalId.toLowerCase(), type: holderType(one) }));
}

const byPolicy = (connection: Connection, vault: ObservedVault) =>
  connection.on(
    vaultKind,
    vault.id,
    `reading the access policies of ${vault.name}`,
    async (clients) =>
      (await accessPoliciesOf(clients, vault))
        .filter(({ keys }) => keys.some((one) => one === 'all' || one === 'unwrapkey'))
        .map(({ objectId }): Principal => ({ id: objectId, type: 'unknown' })),
    brief,
  );

/** A managed identity is an app; what else called isn't told. */
async function observed(
  connection: Connection,
  log: VaultLog | null,
  vault: Pick<ObservedVault, 'id' | 'name'>,
  since: string,
): Promise<ObservedUse> {
  if (log === null) return { outcome: 'not-configured' };
  const read = await log.users(vault, since);
  if (!read.ok) return { outcome: 'not-readable', failure: read.failure };
  const { first, last, users, cutShort } = read.value;
  if (cutShort !== null) return { outcome: 'not-readable', failure: cutShort };
  if (first === null || last === null) return { outcome: 'no-rows' };
  const callers = new Map<string, Principal>();
  for (const { principalId: id, resourceId } of users)
    if (id !== null) callers.set(id, { id, type: resourceId === null ? 'unknown' : 'app' });
  const { principals } = await resolveNames(connection, [...callers.values()]);
  const named = new Map(principals.map((one) => [one.id, one]));
  return {
    outcome: 'read',
    first,
    last,
    users: users.map((user) => {
      const { type = 'unknown', name = null, members = null } = named.get(user.principalId ?? '') ?? {};
      return { ...user, type, name, members };
    }),
  };
}

export function armKeyUsers(connection: Connection, log: VaultLog | null): KeyUsers {
  const readRoles = roleDefinitions(connection);
  return {
    observed: (vault, since) => observed(connection, log, vault, since),
    async hidden(kinds) {
      const each = await Promise.all(connection.subscriptions.map((id) => hiddenIn(connection, kinds, id)));
      return each.filter(({ nouns }) => nouns.length > 0);
    },
    async holders(vault, keyName) {
      const found =
        vault.access === 'role-assignments'
          ? await catchFailure(() => byRole(connection, readRoles, vault, keyName))
          : await byPolicy(connection, vault);
      if (!found.ok) return nullIfForbidden(found);
      const each = new Map(found.value.map((one) => [one.id, one]));
      const { principals } = await resolveNames(connection, [...each.values()]);
      return done(principals);
    },
  };
}
