/** Reads everything that a plan depends on, in parallel. */

import type { ObservedControl } from '../domain/control.ts';
import { botFailure, done, failed, nullIfForbidden, type Outcome } from '../domain/failure.ts';
import { ArmId, armIdParts, KeyName, KeyVersion } from '../domain/ids.ts';
import type { KeyChange, OwnKey } from '../domain/key-change.ts';
import {
  type Observation,
  type ObservedGuards,
  type ObservedKey,
  type ObservedResource,
  type ObservedVault,
  sameVaultUri,
} from '../domain/observed.ts';
import type { ResourceRef } from '../domain/plan.ts';
import type { Azure, Rights } from '../domain/ports/azure.ts';
import { observeOthers, othersFor } from './other-agents.ts';
import { observeGuard } from './read-guard.ts';
import { observeUndeclared } from './read-key-use.ts';
import { kindNamed } from './resources/registry.ts';
import { assignIdentity, rightsAtResource, rightsAtVault } from './resources/rights.ts';
import { findOwn } from './steps/make-key-version.ts';
import { findMovedVault } from './steps/moved-or-replaced.ts';

// Reads what could block a write: locks, the bot's permissions, and a deleted key of the same name.

async function observeLocks(
  { guards }: Azure,
  ids: readonly ArmId[],
): Promise<Outcome<ObservedGuards['readOnlyLocks']>> {
  const found = await Promise.all(ids.map(async (id) => nullIfForbidden(await guards.locks(id))));
  const all: { name: string; scope: string }[] = [];
  for (const locks of found) {
    if (!locks.ok) return locks;
    if (locks.value === null) return done(null);
    const readOnly = locks.value.filter((lock) => lock.level === 'read-only');
    all.push(...readOnly.map(({ name, scope }) => ({ name, scope })));
  }
  return done(all);
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

async function observeRights(
  { guards }: Azure,
  ref: ResourceRef,
  resource: ObservedResource,
  vault: ObservedVault,
): Promise<Outcome<Pick<ObservedGuards, 'allowed' | 'allowedData'>>> {
  const places = scopesToCheck(ref, resource, vault);
  if (places === null) return done({ allowed: null, allowedData: null });
  const outcomes = await Promise.all(
    places.map(async ([id, rights]) => nullIfForbidden(await guards.allowed(id, rights))),
  );
  const found: { actions: Readonly<Record<string, boolean>>; dataActions: Readonly<Record<string, boolean>> }[] = [];
  for (const outcome of outcomes) {
    if (!outcome.ok) return outcome;
    if (outcome.value === null) return done({ allowed: null, allowedData: null });
    found.push(outcome.value);
  }
  const byRole = vault.access === 'role-assignments';
  return done({
    allowed: allowedAtAll(found.map(({ actions }) => actions)),
    allowedData: byRole ? allowedAtAll(found.map(({ dataActions }) => dataActions)) : null,
  });
}

/**
 * Checks for a deleted key of the same name. Without an answer, the name stays unchecked: creating the key reports the
 * conflict.
 */
async function observeDeletedKey(
  { keys }: Azure,
  vault: ObservedVault,
  { make, to }: KeyChange,
  key: ObservedKey | null,
): Promise<ObservedGuards['deletedKey']> {
  if (make === null ? key !== null : make.after !== null) return 'none';
  const deleted = await keys.deleted(vault.uri, to.keyName);
  return deleted.ok ? deleted.value : 'not-checked';
}

/** Returns the vault with this address, if the bot can see it. */
export async function vaultAt(azure: Azure, uri: string): Promise<Outcome<ObservedVault | null>> {
  const vaults = await azure.inventory.vaults();
  return vaults.ok ? done(vaults.value.find((vault) => sameVaultUri(vault.uri, uri)) ?? null) : vaults;
}

/** Reads the version that the resource moves away from. A missing version is a fact, not a failure: the checks report it. */
async function observeFrom(
  azure: Azure,
  vault: ObservedVault,
  { from }: KeyChange,
): Promise<Outcome<ObservedKey | null>> {
  const name = KeyName.safeParse(from?.keyName).data;
  const version = KeyVersion.safeParse(from?.keyVersion).data;
  if (from === null || name === undefined || version === undefined) return done(null);
  const same = sameVaultUri(from.vaultUri, vault.uri);
  const place = same ? done(vault) : await vaultAt(azure, from.vaultUri);
  if (!place.ok) return place;
  return place.value === null ? done(null) : nullIfForbidden(await azure.keys.get(place.value.id, name, version));
}

type KeyObservation = Pick<Observation, 'key' | 'keyIs' | 'keyNow'>;

/** Reads the chosen version. If it's missing, also reads the newest version, because another key might have its name. */
async function observeChosenKey(
  { keys }: Azure,
  { vaultId, keyName, keyVersion }: KeyChange['to'],
): Promise<Outcome<KeyObservation>> {
  const key = await keys.get(vaultId, keyName, keyVersion);
  if (!key.ok || key.value !== null || keyVersion === null) return key.ok ? done({ key: key.value }) : key;
  const newest = await keys.get(vaultId, keyName, null);
  return newest.ok ? done({ key: null, keyNow: newest.value?.version ?? null }) : newest;
}

/** Reads the requested key. If the request creates it: the created key, or the key in its place. */
async function observeKey(azure: Azure, { to, make }: KeyChange, own: OwnKey | null): Promise<Outcome<KeyObservation>> {
  const { keys } = azure;
  if (make === null) return observeChosenKey(azure, to);
  if (own === null) {
    // A new version of an existing key can't conflict with anything.
    if (make.after !== null) return done({ key: null });
    const key = await keys.first(to.vaultId, to.keyName);
    return key.ok ? done({ key: key.value }) : key;
  }
  const found = await findOwn(keys, to, make, own);
  if (!found.ok) return found;
  const { value } = found;
  if (value.is === 'none') return done({ key: null });
  return done({ key: value.key, keyIs: value.is === 'doubtful' ? value.doubt : value.is });
}

/** Reads who has control over the target key, and the names of both subscriptions. */
async function observeControl(
  { control }: Azure,
  ref: ResourceRef,
  vault: ObservedVault,
  { to }: KeyChange,
): Promise<Outcome<ObservedControl>> {
  const [vaultIn, resourceIn] = [armIdParts(vault.id).subscriptionId, armIdParts(ref.id).subscriptionId];
  const [found, vaultName, elsewhere] = await Promise.all([
    control.of(vault, to.keyName),
    control.subscriptionName(vaultIn),
    resourceIn === vaultIn ? null : control.subscriptionName(resourceIn),
  ]);
  if (!found.ok) return found;
  if (!vaultName.ok) return vaultName;
  const resourceName = elsewhere ?? vaultName;
  if (!resourceName.ok) return resourceName;
  const { controllers, unseen } = found.value;
  return done({
    controllers: [...controllers],
    unseen: [...unseen],
    vaultSubscription: { id: vaultIn, name: vaultName.value },
    resourceSubscription: { id: resourceIn, name: resourceName.value },
  });
}

/** Reads what requires the resource and the vault to be known. */
async function observeAccess(
  azure: Azure,
  ref: ResourceRef,
  seen: Pick<Observation, 'resource' | 'vault' | 'key'>,
  change: KeyChange,
) {
  const { resource, vault, key } = seen;
  const { principalId } = resource;
  const [held, rights, deletedKey, from, control] = await Promise.all([
    principalId === null ? done(false) : azure.grants.held(vault, change.to.keyName, principalId),
    observeRights(azure, ref, resource, vault),
    observeDeletedKey(azure, vault, change, key),
    observeFrom(azure, vault, change),
    observeControl(azure, ref, vault, change),
  ]);
  if (!held.ok) return held;
  if (!rights.ok) return rights;
  if (!control.ok) return control;
  if (!from.ok) return from;
  return done({
    grantHeld: held.value,
    rights: rights.value,
    deletedKey,
    from: from.value,
    control: control.value,
  });
}

/** Returns the failure for a missing vault. A moved vault isn't what was approved, although it's the same vault. */
async function missingVault(azure: Azure, id: ArmId): Promise<Outcome<Observation>> {
  const moved = await findMovedVault(azure, id);
  if (!moved.ok) return moved;
  const to = moved.value;
  return failed(
    botFailure('reading the vault', to === null ? { code: 'missing', what: 'vault' } : { code: 'vault-moved', to }),
  );
}

/**
 * Reads resource, vault, keys and key access from ARM. A missing resource or vault is a failure; a missing key is a fact. Reads
 * in parallel where possible, because a person might be waiting for the page.
 */
export async function observe(
  azure: Azure,
  ref: ResourceRef,
  change: KeyChange,
  own: OwnKey | null,
): Promise<Outcome<Observation>> {
  const { vaultId } = change.to;
  const [resource, vault, key, locks, others, guard] = await Promise.all([
    azure.resources.get(ref),
    azure.vaults.get(vaultId),
    observeKey(azure, change, own),
    observeLocks(azure, [ref.id, vaultId]),
    observeOthers(azure, ref.id),
    observeGuard(azure, ref.id, new Date()),
  ]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (!key.ok) return key;
  if (resource.value === null) return failed(botFailure('reading the resource', { code: 'missing', what: 'resource' }));
  if (vault.value === null) return missingVault(azure, vaultId);
  if (!locks.ok) return locks;
  const seen = { resource: resource.value, vault: vault.value, ...key.value };
  const [access, bearing, undeclared] = await Promise.all([
    observeAccess(azure, ref, seen, change),
    othersFor(azure, others, vault.value, change),
    observeUndeclared(azure, seen, new Date()),
  ]);
  if (!access.ok) return access;
  const { grantHeld, rights, deletedKey, from, control } = access.value;
  return done({
    ...seen,
    from,
    grantHeld,
    guards: { readOnlyLocks: locks.value, ...rights, deletedKey },
    control,
    others: bearing,
    ...undeclared,
    guard,
  });
}
