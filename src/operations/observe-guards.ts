/** Reads what could block a write: locks, the bot's permissions, and a deleted key of the same name. */

import { nullIfForbidden, valueOrThrow } from '../domain/failure.ts';
import { ArmId } from '../domain/ids.ts';
import type { KeyChange } from '../domain/key-change.ts';
import type { ObservedGuards, ObservedKey, ObservedResource, ObservedVault } from '../domain/observed.ts';
import type { ResourceRef } from '../domain/plan.ts';
import type { Allowed, Azure, Rights } from '../domain/ports/azure.ts';
import { kindNamed } from './resources/registry.ts';
import { assignIdentity, rightsAtResource, rightsAtVault } from './resources/rights.ts';

export async function observeLocks({ guards }: Azure, ids: readonly ArmId[]): Promise<ObservedGuards['readOnlyLocks']> {
  const found = await Promise.all(ids.map(async (id) => nullIfForbidden(await guards.locks(id))));
  const all: { name: string; scope: string }[] = [];
  for (const outcome of found) {
    const locks = valueOrThrow(outcome);
    if (locks === null) return null;
    const readOnly = locks.filter((lock) => lock.level === 'read-only');
    all.push(...readOnly.map(({ name, scope }) => ({ name, scope })));
  }
  return all;
}

/**
 * Returns the scopes to check and the permissions needed there. Includes user-assigned identities only if the resource's write
 * would name them. Null: an identity has no valid ARM id.
 */
function scopesToCheck(
  ref: ResourceRef,
  resource: ObservedResource,
  vault: ObservedVault,
): readonly (readonly [ArmId, Rights])[] | null {
  const named = resource.systemAssigned ? [] : resource.userAssignedIds.map((id) => ArmId.safeParse(id).data);
  const identities = named.filter((id) => id !== undefined);
  if (identities.length < named.length) return null;
  return [
    [ref.id, rightsAtResource(kindNamed(ref.kind))],
    [vault.id, rightsAtVault],
    ...identities.map((id) => [id, { actions: [assignIdentity], dataActions: [] }] as const),
  ];
}

/** Returns an action as allowed only if it's allowed at every scope that needs it. */
function allowedAtAll(found: readonly Readonly<Record<string, boolean>>[]): Record<string, boolean> {
  const all: Record<string, boolean> = {};
  for (const [action, allowed] of found.flatMap(Object.entries)) all[action] = allowed && all[action] !== false;
  return all;
}

export async function observeRights(
  { guards }: Azure,
  ref: ResourceRef,
  resource: ObservedResource,
  vault: ObservedVault,
): Promise<Pick<ObservedGuards, 'allowed' | 'allowedData'>> {
  const places = scopesToCheck(ref, resource, vault) ?? [];
  const outcomes = await Promise.all(
    places.map(async ([id, rights]) => nullIfForbidden(await guards.allowed(id, rights))),
  );
  const found: Allowed[] = [];
  for (const outcome of outcomes) {
    const allowed = valueOrThrow(outcome);
    if (allowed === null) return { allowed: null, allowedData: null };
    found.push(allowed);
  }
  if (found.length === 0) return { allowed: null, allowedData: null };
  const byRole = vault.access === 'role-assignments';
  return {
    allowed: allowedAtAll(found.map(({ actions }) => actions)),
    allowedData: byRole ? allowedAtAll(found.map(({ dataActions }) => dataActions)) : null,
  };
}

/**
 * Checks for a deleted key of the same name. Without an answer, the name stays unchecked: creating the key reports the
 * conflict.
 */
export async function observeDeletedKey(
  { keys }: Azure,
  vault: ObservedVault,
  { make, to }: KeyChange,
  key: ObservedKey | null,
): Promise<ObservedGuards['deletedKey']> {
  if (make === null ? key !== null : make.after !== null) return 'none';
  const deleted = await keys.deleted(vault.uri, to.keyName);
  return deleted.ok ? deleted.value : 'not-checked';
}
