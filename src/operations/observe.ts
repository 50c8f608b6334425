/** Looks at everything a plan rests on, at once. */
import { done, type Outcome } from '../domain/failure.ts';
import { ArmId, armIdParts } from '../domain/ids.ts';
import type { Observation, ObservedGuards, ObservedResource, ObservedVault, Wish } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import { assignIdentity, resourceActions, vaultActions } from '../domain/rights.ts';
import { missing } from '../steps/step.ts';

/** What the bot may not look at is unknown; what cannot be reached is a failure, and the caller waits. */
const orUnknown = <T>(outcome: Outcome<T>): Outcome<T | null> =>
  !outcome.ok && outcome.failure.next === 'ask' ? done(null) : outcome;

async function observeLocks({ guards }: Azure, wish: Wish): Promise<Outcome<ObservedGuards['readOnlyLocks']>> {
  const found = await Promise.all([wish.resourceId, wish.vaultId].map(async (id) => orUnknown(await guards.locks(id))));
  const all: { name: string; scope: string }[] = [];
  for (const locks of found) {
    if (!locks.ok) return locks;
    if (locks.value === null) return done(null);
    const readOnly = locks.value.filter((lock) => lock.level === 'read-only');
    all.push(...readOnly.map(({ name, scope }) => ({ name, scope })));
  }
  return done(all);
}

/** Identities are asked about only where the agent's write would name them. Null: one of them has no id that can be asked for. */
function rightsToLookAt(
  resource: ObservedResource,
  wish: Wish,
): readonly (readonly [ArmId, readonly string[]])[] | null {
  const named = resource.systemAssigned ? [] : resource.userAssignedIds.map((id) => ArmId.safeParse(id).data);
  const identities = named.filter((id) => id !== undefined);
  if (identities.length < named.length) return null;
  return [
    [wish.resourceId, resourceActions],
    [wish.vaultId, vaultActions],
    ...identities.map((id) => [id, [assignIdentity]] as const),
  ];
}

/** An action that is wanted in several places is allowed when it is in all of them. */
async function observeRights(
  { guards }: Azure,
  resource: ObservedResource,
  wish: Wish,
): Promise<Outcome<ObservedGuards['allowed']>> {
  const places = rightsToLookAt(resource, wish);
  if (places === null) return done(null);
  const looked = places.map(async ([id, actions]) => orUnknown(await guards.allowed(id, actions)));
  const all: Record<string, boolean> = {};
  for (const found of await Promise.all(looked)) {
    if (!found.ok) return found;
    if (found.value === null) return done(null);
    for (const [action, allowed] of Object.entries(found.value)) all[action] = allowed && all[action] !== false;
  }
  return done(all);
}

/** A vault that does not answer in time leaves the name unchecked: the check is a courtesy, creating the key would tell. */
async function observeDeletedKey(
  { keys }: Azure,
  vault: ObservedVault,
  wish: Wish,
): Promise<ObservedGuards['deletedKey']> {
  if (wish.newKey === null) return 'none';
  const deleted = await keys.deleted(vault.uri, wish.keyName);
  return deleted.ok ? deleted.value : 'not-checked';
}

/** What only shows once agent and vault are known. */
async function observeAccess(azure: Azure, resource: ObservedResource, vault: ObservedVault, wish: Wish) {
  const { principalId } = resource;
  const [held, allowed, deletedKey] = await Promise.all([
    principalId === null ? done(false) : azure.grants.held(vault, wish.keyName, principalId),
    observeRights(azure, resource, wish),
    observeDeletedKey(azure, vault, wish),
  ]);
  if (!held.ok) return held;
  return allowed.ok ? done({ grantHeld: held.value, allowed: allowed.value, deletedKey }) : allowed;
}

/**
 * Reads agent, vault, key and grant from ARM. A missing agent or vault is a failure; a missing key is a fact. As much as can
 * be is read side by side: a person may be waiting for the page.
 */
export async function observe(azure: Azure, wish: Wish): Promise<Outcome<Observation>> {
  const [resource, vault, key, locks] = await Promise.all([
    azure.resources.get(wish.resourceId),
    azure.vaults.get(wish.vaultId),
    // Of a key that is to be made, the first version counts, whatever comes after it.
    wish.newKey === null
      ? azure.keys.get(wish.vaultId, wish.keyName, wish.keyVersion)
      : azure.keys.first(wish.vaultId, wish.keyName),
    observeLocks(azure, wish),
  ]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (!key.ok) return key;
  if (resource.value === null) return missing('reading the agent', `The agent ${armIdParts(wish.resourceId).name}`);
  if (vault.value === null) return missing('reading the vault', `The vault ${armIdParts(wish.vaultId).name}`);
  if (!locks.ok) return locks;
  const access = await observeAccess(azure, resource.value, vault.value, wish);
  if (!access.ok) return access;
  const { grantHeld, allowed, deletedKey } = access.value;
  return done({
    resource: resource.value,
    vault: vault.value,
    key: key.value,
    grantHeld,
    guards: { readOnlyLocks: locks.value, allowed, deletedKey },
  });
}
