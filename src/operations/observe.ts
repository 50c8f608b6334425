/** Looks at everything a plan rests on, at once. */

import type { ObservedControl } from '../domain/control.ts';
import { done, failed, foundThat, isPermissionRefusal, type Outcome } from '../domain/failure.ts';
import { ArmId, armIdParts, KeyName, KeyVersion } from '../domain/ids.ts';
import type { KeyChange } from '../domain/key-change.ts';
import {
  type Observation,
  type ObservedGuards,
  type ObservedKey,
  type ObservedResource,
  type ObservedVault,
  sameVaultUri,
} from '../domain/observed.ts';
import type { OwnKey } from '../domain/own-key.ts';
import type { Azure, Rights } from '../domain/ports/azure.ts';
import type { ResourceRef } from '../domain/wish.ts';
import { observeOthers, othersFor } from './other-agents.ts';
import { kindNamed } from './resources/registry.ts';
import { assignIdentity, rightsAtResource, rightsAtVault } from './resources/rights.ts';
import { findOwn } from './steps/make-key-version.ts';
import { vaultMovedTo } from './steps/where-moved.ts';

/** Unknown where the bot lacks the permission to read it. Every other failure stays one, and the caller waits. */
const orUnknown = <T>(outcome: Outcome<T>): Outcome<T | null> =>
  !outcome.ok && isPermissionRefusal(outcome.failure) ? done(null) : outcome;

async function observeLocks(
  { guards }: Azure,
  ids: readonly ArmId[],
): Promise<Outcome<ObservedGuards['readOnlyLocks']>> {
  const found = await Promise.all(ids.map(async (id) => orUnknown(await guards.locks(id))));
  const all: { name: string; scope: string }[] = [];
  for (const locks of found) {
    if (!locks.ok) return locks;
    if (locks.value === null) return done(null);
    const readOnly = locks.value.filter((lock) => lock.level === 'read-only');
    all.push(...readOnly.map(({ name, scope }) => ({ name, scope })));
  }
  return done(all);
}

/** Identities are asked about only where the resource's write would name them. Null: one has no id that can be asked for. */
function rightsToLookAt(
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

/** An action that is wanted in several places is allowed when it is in all of them. */
function inAll(found: readonly Readonly<Record<string, boolean>>[]): Record<string, boolean> {
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
  const places = rightsToLookAt(ref, resource, vault);
  if (places === null) return done({ allowed: null, allowedData: null });
  const looked = await Promise.all(places.map(async ([id, rights]) => orUnknown(await guards.allowed(id, rights))));
  const found: { actions: Readonly<Record<string, boolean>>; dataActions: Readonly<Record<string, boolean>> }[] = [];
  for (const outcome of looked) {
    if (!outcome.ok) return outcome;
    if (outcome.value === null) return done({ allowed: null, allowedData: null });
    found.push(outcome.value);
  }
  const byRole = vault.access === 'role-assignments';
  return done({
    allowed: inAll(found.map(({ actions }) => actions)),
    allowedData: byRole ? inAll(found.map(({ dataActions }) => dataActions)) : null,
  });
}

/** A vault that does not answer in time leaves the name unchecked: the check is a courtesy, making the key would tell. */
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

/** The vault of that address, where the bot can see it. */
export async function vaultAt(azure: Azure, uri: string): Promise<Outcome<ObservedVault | null>> {
  const vaults = await azure.inventory.vaults();
  return vaults.ok ? done(vaults.value.find((vault) => sameVaultUri(vault.uri, uri)) ?? null) : vaults;
}

/** The version that is to be left. One that cannot be found is a fact, not a failure: the checks say so. */
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
  return place.value === null ? done(null) : orUnknown(await azure.keys.get(place.value.id, name, version));
}

type SeenKey = Pick<Observation, 'key' | 'keyIs' | 'keyNow'>;

/** The version that was chosen. Where it isn't there, another key might have its name. */
async function observeChosenKey(
  { keys }: Azure,
  { vaultId, keyName, keyVersion }: KeyChange['to'],
): Promise<Outcome<SeenKey>> {
  const key = await keys.get(vaultId, keyName, keyVersion);
  if (!key.ok || key.value !== null || keyVersion === null) return key.ok ? done({ key: key.value }) : key;
  const newest = await keys.get(vaultId, keyName, null);
  return newest.ok ? done({ key: null, keyNow: newest.value?.version ?? null }) : newest;
}

/** The key that is wanted; of one that is to be made, what this request made, or what stands in its place. */
async function observeKey(azure: Azure, { to, make }: KeyChange, own: OwnKey | null): Promise<Outcome<SeenKey>> {
  const { keys } = azure;
  if (make === null) return observeChosenKey(azure, to);
  if (own === null) {
    // A further version can stand in nobody's way.
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

/** Who controls the key that the resource is to end under, and what people call the places of both. */
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

/** What only shows once resource and vault are known. */
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

/** What was approved isn't a vault in another place, though it is the same one. */
async function noVault(azure: Azure, id: ArmId): Promise<Outcome<Observation>> {
  const moved = await vaultMovedTo(azure, id);
  if (!moved.ok) return moved;
  const to = moved.value;
  return failed(
    foundThat('reading the vault', to === null ? { code: 'missing', what: 'vault' } : { code: 'vault-moved', to }),
  );
}

/**
 * Reads resource, vault, keys and grant from ARM. A missing resource or vault is a failure; a missing key is a fact. As much as
 * can be is read side by side: a person may be waiting for the page.
 */
export async function observe(
  azure: Azure,
  ref: ResourceRef,
  change: KeyChange,
  own: OwnKey | null,
): Promise<Outcome<Observation>> {
  const { vaultId } = change.to;
  const [resource, vault, key, locks, others] = await Promise.all([
    azure.resources.get(ref),
    azure.vaults.get(vaultId),
    observeKey(azure, change, own),
    observeLocks(azure, [ref.id, vaultId]),
    observeOthers(azure, ref.id),
  ]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (!key.ok) return key;
  if (resource.value === null) return failed(foundThat('reading the resource', { code: 'missing', what: 'resource' }));
  if (vault.value === null) return noVault(azure, vaultId);
  if (!locks.ok) return locks;
  const seen = { resource: resource.value, vault: vault.value, ...key.value };
  const [access, bearing] = await Promise.all([
    observeAccess(azure, ref, seen, change),
    othersFor(azure, others, vault.value, change),
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
  });
}
