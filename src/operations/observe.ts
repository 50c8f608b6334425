/** Reads everything that a plan depends on, in parallel. */

import type { ObservedControl } from '../domain/control.ts';
import {
  AzureFailure,
  allInOrder,
  botFailure,
  catchFailure,
  nullIfForbidden,
  valueOrThrow,
} from '../domain/failure.ts';
import { type ArmId, armIdParts, KeyName, KeyVersion } from '../domain/ids.ts';
import type { KeyChange } from '../domain/key-change.ts';
import type { OwnKey } from '../domain/key-ownership.ts';
import { type Observation, type ObservedKey, type ObservedVault, sameVaultUri } from '../domain/observed.ts';
import type { ResourceRef } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import { observeDeletedKey, observeLocks, observeRights } from './observe-guards.ts';
import { observeOthers, othersFor } from './other-resources.ts';
import { observeGuard } from './read-guard.ts';
import { observeUndeclared } from './read-key-use.ts';
import { kindNamed } from './resources/registry.ts';
import { findOwn } from './steps/make-key-version.ts';
import { findMovedVault } from './steps/moved-or-replaced.ts';

/** Null: the bot can't see it. */
export const vaultAt = async ({ inventory }: Azure, uri: string): Promise<ObservedVault | null> =>
  valueOrThrow(await inventory.vaults()).find((vault) => sameVaultUri(vault.uri, uri)) ?? null;

/** Reads the version that the resource moves away from. A missing version is a fact, not a failure: the checks report it. */
async function observeFrom(
  azure: Azure,
  vault: ObservedVault,
  { from }: KeyChange,
  follows: boolean,
): Promise<ObservedKey | null> {
  const name = KeyName.safeParse(from?.keyName).data;
  const version = KeyVersion.safeParse(from?.keyVersion).data;
  const isFollowed = follows && from?.keyVersion === null;
  if (from === null || name === undefined || (version === undefined && !isFollowed)) return null;
  const place = sameVaultUri(from.vaultUri, vault.uri) ? vault : await vaultAt(azure, from.vaultUri);
  return place && valueOrThrow(nullIfForbidden(await azure.keys.get(place.id, name, version ?? null)));
}

type KeyObservation = Pick<Observation, 'key' | 'keyIs' | 'keyNow'>;

/** Reads the chosen version. If it's missing, also reads the newest version, because another key might have its name. */
async function observeChosenKey(
  { keys }: Azure,
  { vaultId, keyName, keyVersion }: KeyChange['to'],
): Promise<KeyObservation> {
  const key = valueOrThrow(await keys.get(vaultId, keyName, keyVersion));
  if (key !== null || keyVersion === null) return { key };
  return { key, keyNow: valueOrThrow(await keys.get(vaultId, keyName, null))?.version ?? null };
}

/** Reads the requested key. If the request creates it: the created key, or the key in its place. */
async function observeKey(azure: Azure, { to, make }: KeyChange, own: OwnKey | null): Promise<KeyObservation> {
  const { keys } = azure;
  if (make === null) return observeChosenKey(azure, to);
  if (own === null) {
    // A new version of an existing key can't conflict with anything.
    return { key: make.after === null ? valueOrThrow(await keys.first(to.vaultId, to.keyName)) : null };
  }
  const found = await findOwn(keys, to, make, own);
  if (found.is === 'none') return { key: null };
  return { key: found.key, keyIs: found.is === 'doubtful' ? found.doubt : found.is };
}

async function observeControl(
  { control }: Azure,
  ref: ResourceRef,
  vault: ObservedVault,
  { to }: KeyChange,
): Promise<ObservedControl> {
  const vaultIn = armIdParts(vault.id).subscriptionId;
  const resourceIn = armIdParts(ref.id).subscriptionId;
  const nameOfVaults = control.subscriptionName(vaultIn);
  const [{ controllers, unseen }, vaultName, resourceName] = await allInOrder([
    control.of(vault, to.keyName).then(valueOrThrow),
    nameOfVaults.then(valueOrThrow),
    (resourceIn === vaultIn ? nameOfVaults : control.subscriptionName(resourceIn)).then(valueOrThrow),
  ]);
  return {
    controllers: [...controllers],
    unseen: [...unseen],
    vaultSubscription: { id: vaultIn, name: vaultName },
    resourceSubscription: { id: resourceIn, name: resourceName },
  };
}

async function observeAccess(
  azure: Azure,
  ref: ResourceRef,
  seen: Pick<Observation, 'resource' | 'vault' | 'key'>,
  change: KeyChange,
) {
  const { resource, vault, key } = seen;
  const { principalId } = resource;
  const [grantHeld, rights, control, from, deletedKey] = await allInOrder([
    principalId !== null && azure.grants.held(vault, change.to.keyName, principalId).then(valueOrThrow),
    observeRights(azure, ref, resource, vault),
    observeControl(azure, ref, vault, change),
    observeFrom(azure, vault, change, kindNamed(ref.kind).follows === true),
    observeDeletedKey(azure, vault, change, key),
  ]);
  return { grantHeld, rights, deletedKey, from, control };
}

/** Returns the failure for a missing vault. A moved vault isn't what was approved, although it's the same vault. */
async function missingVault(azure: Azure, id: ArmId): Promise<AzureFailure> {
  const to = valueOrThrow(await findMovedVault(azure, id));
  return new AzureFailure(
    botFailure('reading the vault', to === null ? { code: 'missing', what: 'vault' } : { code: 'vault-moved', to }),
  );
}

/**
 * Reads resource, vault, keys and key access from ARM. A missing resource or vault is a failure; a missing key is a fact. Reads
 * in parallel where possible, because a person might be waiting for the page. Throws {@link AzureFailure}.
 */
export async function observe(
  azure: Azure,
  ref: ResourceRef,
  change: KeyChange,
  own: OwnKey | null,
): Promise<Observation> {
  const { vaultId } = change.to;
  const [resource, vault, key, locks, others, guard] = await allInOrder([
    azure.resources.get(ref).then(valueOrThrow),
    azure.vaults.get(vaultId).then(valueOrThrow),
    observeKey(azure, change, own),
    catchFailure(() => observeLocks(azure, [ref.id, vaultId])),
    observeOthers(azure, ref.id),
    observeGuard(azure, ref.id, new Date()),
  ]);
  if (resource === null)
    throw new AzureFailure(botFailure('reading the resource', { code: 'missing', what: 'resource' }));
  if (vault === null) throw await missingVault(azure, vaultId);
  const readOnlyLocks = valueOrThrow(locks);
  const seen = { resource, vault, ...key };
  const [{ rights, deletedKey, ...access }, bearing, undeclared] = await Promise.all([
    observeAccess(azure, ref, seen, change),
    othersFor(azure, others, vault, change),
    observeUndeclared(azure, seen, new Date()),
  ]);
  return {
    ...seen,
    ...access,
    guards: { readOnlyLocks, ...rights, deletedKey },
    others: bearing,
    ...undeclared,
    guard,
  };
}
