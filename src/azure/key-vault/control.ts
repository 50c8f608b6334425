/**
 * Reads who has control over a key: all role assignments that apply to it, by the permissions of each role, and the vault's
 * access policies if it uses them (Microsoft.Authorization 2022-04-01, Microsoft.KeyVault). A bounded number of reads in
 * parallel.
 */

import { z } from 'zod';
import type { Controller, ObservedControl, Power, Unseen } from '../../domain/control.ts';
import { allInOrder, catchFailure, done, nullIfForbidden, valueOrThrow } from '../../domain/failure.ts';
import type { KeyName } from '../../domain/ids.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { Control } from '../../domain/ports/azure.ts';
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
import { powersOfPolicy, powersOfRole, union } from './key-powers.ts';

const maxRoles = 100;

/** Returns all role assignments at the key's scope or above; null: not readable, or too many. */
async function assignmentsAt(connection: Connection, vault: ObservedVault, keyName: KeyName) {
  const scope = `${vault.id}/keys/${keyName}`;
  const read = await connection.on(
    vaultKind,
    vault.id,
    `reading who controls key ${keyName} in ${vault.name}`,
    async (clients) => {
      const found: RoleAssignment[] = [];
      for await (const assignment of assignmentsFor(clients, scope, 'atScope()')) {
        if (found.length === maxAssignments) return null;
        if (scopeCovers(assignment.scope, scope)) found.push(assignment);
      }
      return found;
    },
    brief,
  );
  return valueOrThrow(nullIfForbidden(read));
}

type Found = Map<string, { type: Principal['type']; can: Power[] }>;

function add(found: Found, id: string, type: Principal['type'], can: readonly Power[]): void {
  if (can.length === 0) return;
  const known = found.get(id.toLowerCase());
  const kind = known === undefined || known.type === 'unknown' ? type : known.type;
  found.set(id.toLowerCase(), { type: kind, can: union(known?.can ?? [], can) });
}

interface Sources {
  readonly connection: Connection;
  readonly readRoles: ReturnType<typeof roleDefinitions>;
}

async function addByRole(
  { connection, readRoles }: Sources,
  vault: ObservedVault,
  keyName: KeyName,
  found: Found,
): Promise<Unseen[]> {
  const assignments = await assignmentsAt(connection, vault, keyName);
  if (assignments === null) return ['role-assignments'];
  const ids = [...new Set(assignments.map(roleIdOf))];
  const roles = await readRoles(vault, ids.slice(0, maxRoles));
  for (const one of assignments) {
    add(found, one.principalId, holderType(one), powersOfRole(roles.get(roleIdOf(one)) ?? [], vault.access));
  }
  return ids.some((id) => (roles.get(id) ?? null) === null) ? ['roles'] : [];
}

/** Adds the controllers by access policy. A policy for an application acting for a user counts as the user's. */
async function addByPolicy(connection: Connection, vault: ObservedVault, found: Found): Promise<void> {
  const policies = await connection.on(
    vaultKind,
    vault.id,
    `reading the access policies of ${vault.name}`,
    (clients) => accessPoliciesOf(clients, vault),
    brief,
  );
  for (const { objectId, keys } of valueOrThrow(policies)) add(found, objectId, 'unknown', powersOfPolicy(keys));
}

async function controllersOf(
  sources: Sources,
  vault: ObservedVault,
  keyName: KeyName,
): Promise<Pick<ObservedControl, 'controllers' | 'unseen'>> {
  const found: Found = new Map();
  const [unseen] = await allInOrder([
    addByRole(sources, vault, keyName, found),
    vault.access === 'access-policies' && addByPolicy(sources.connection, vault, found),
  ]);
  const resolved = await resolveNames(
    sources.connection,
    [...found].map(([id, { type }]) => ({ id, type })),
  );
  const controllers = resolved.principals.map((one): Controller => ({ ...one, can: found.get(one.id)?.can ?? [] }));
  return {
    controllers: controllers.sort((a, b) => (a.id < b.id ? -1 : 1)),
    unseen: [...unseen, ...(resolved.complete ? [] : (['names'] as const))],
  };
}

const Subscription = z.object({ displayName: z.string().nullish() });

/** Time to cache a subscription's name, or that the bot can't read it. Names are for display only. */
const nameMs = 3_600_000;

export function armControl(connection: Connection): Control {
  const sources = { connection, readRoles: roleDefinitions(connection) };
  /** By subscription. Bounded by the configured subscriptions. */
  const names = new Map<string, { readonly name: string | null; readonly until: number }>();
  return {
    of: (vault, keyName) => catchFailure(() => controllersOf(sources, vault, keyName)),
    async subscriptionName(id) {
      const known = names.get(id);
      if (known !== undefined && performance.now() < known.until) return done(known.name);
      const path = `/subscriptions/${encodeURIComponent(id)}?api-version=2022-12-01`;
      const doing = `reading what subscription ${id} is called`;
      const read = await connection.call(
        doing,
        async (clients) => Subscription.parse(await clients.plain.read(path)),
        brief,
      );
      const seen = nullIfForbidden(read);
      if (!seen.ok) return seen;
      const name = seen.value?.displayName ?? null;
      names.set(id, { name, until: performance.now() + nameMs });
      return done(name);
    },
  };
}
