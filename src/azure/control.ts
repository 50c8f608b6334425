/**
 * Reads who has control over a key: all role assignments that apply to it, by the permissions of each role, and the vault's
 * access policies if it uses them (Microsoft.Authorization 2022-04-01, Microsoft.KeyVault). A bounded number of reads in
 * parallel.
 */
import { z } from 'zod';
import type { Controller, ObservedControl, Power, Unseen } from '../domain/control.ts';
import { done, nullIfForbidden, type Outcome } from '../domain/failure.ts';
import { armIdParts, type KeyName } from '../domain/ids.ts';
import type { ObservedVault } from '../domain/observed.ts';
import type { Control } from '../domain/ports/azure.ts';
import { brief } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { holderType, maxAssignments, RoleAssignment, roleIdOf, scopeCovers } from './grants.ts';
import { powersOfPolicy, powersOfRole, roleDefinitions, union } from './key-powers.ts';
import { type Principal, resolveNames } from './principals.ts';
import { vaultKind } from './resource-ids.ts';

const maxRoles = 100;

/** Returns all role assignments at the key's scope or above; null: not readable, or too many. */
async function assignmentsAt(connection: Connection, vault: ObservedVault, keyName: KeyName) {
  const scope = `${vault.id}/keys/${keyName}`;
  const doing = `reading who controls key ${keyName} in ${vault.name}`;
  return nullIfForbidden(
    await connection.on(
      vaultKind,
      vault.id,
      doing,
      async (clients, { subscriptionId }) => {
        const found: RoleAssignment[] = [];
        const client = clients.authorization(subscriptionId);
        const list = client.roleAssignments.listForScope(scope.replace(/^\//, ''), { filter: 'atScope()' });
        for await (const item of clients.items(list)) {
          if (found.length === maxAssignments) return null;
          const assignment = RoleAssignment.parse(item);
          if (scopeCovers(assignment.scope, scope)) found.push(assignment);
        }
        return found;
      },
      brief,
    ),
  );
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

async function addByRole({ connection, readRoles }: Sources, vault: ObservedVault, keyName: KeyName, found: Found) {
  const assignments = await assignmentsAt(connection, vault, keyName);
  if (!assignments.ok) return assignments;
  if (assignments.value === null) return done<Unseen[]>(['role-assignments']);
  const ids = [...new Set(assignments.value.map(roleIdOf))];
  const roles = await readRoles(vault, ids.slice(0, maxRoles));
  if (!roles.ok) return roles;
  for (const one of assignments.value) {
    add(found, one.principalId, holderType(one), powersOfRole(roles.value.get(roleIdOf(one)) ?? [], vault.access));
  }
  return done<Unseen[]>(ids.some((id) => (roles.value.get(id) ?? null) === null) ? ['roles'] : []);
}

const Policies = z.object({
  properties: z.object({
    accessPolicies: z
      .array(z.object({ objectId: z.string(), permissions: z.object({ keys: z.array(z.string()).nullish() }) }))
      .nullish(),
  }),
});

/** Adds the controllers by access policy. A policy for an application acting for a user counts as the user's. */
async function addByPolicy(connection: Connection, vault: ObservedVault, found: Found): Promise<Outcome<null>> {
  const { resourceGroup, name } = armIdParts(vault.id);
  const doing = `reading the access policies of ${name}`;
  return connection.on(
    vaultKind,
    vault.id,
    doing,
    async (clients, { subscriptionId }) => {
      const read = Policies.parse(await clients.keyVault(subscriptionId).vaults.get(resourceGroup, name));
      for (const { objectId, permissions } of read.properties.accessPolicies ?? []) {
        add(found, objectId, 'unknown', powersOfPolicy(permissions.keys ?? []));
      }
      return null;
    },
    brief,
  );
}

async function controllersOf(
  sources: Sources,
  vault: ObservedVault,
  keyName: KeyName,
): Promise<Outcome<Pick<ObservedControl, 'controllers' | 'unseen'>>> {
  const found: Found = new Map();
  const [byRole, byPolicy] = await Promise.all([
    addByRole(sources, vault, keyName, found),
    vault.access === 'access-policies' ? addByPolicy(sources.connection, vault, found) : done(null),
  ]);
  if (!byRole.ok) return byRole;
  if (!byPolicy.ok) return byPolicy;
  const resolved = await resolveNames(
    sources.connection,
    [...found].map(([id, { type }]) => ({ id, type })),
  );
  const controllers = resolved.principals.map((one): Controller => ({ ...one, can: found.get(one.id)?.can ?? [] }));
  return done({
    controllers: controllers.sort((a, b) => (a.id < b.id ? -1 : 1)),
    unseen: [...byRole.value, ...(resolved.complete ? [] : (['names'] as const))],
  });
}

const Subscription = z.object({ displayName: z.string().nullish() });

/** Time to cache a subscription's name, or that the bot can't read it. Names are for display only. */
const nameMs = 3_600_000;

export function armControl(connection: Connection): Control {
  const sources = { connection, readRoles: roleDefinitions(connection) };
  /** By subscription. Bounded by the configured subscriptions. */
  const names = new Map<string, { readonly name: string | null; readonly until: number }>();
  return {
    of: (vault, keyName) => controllersOf(sources, vault, keyName),
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
