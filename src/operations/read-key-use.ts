/** Reads who declares a key, and who was observed using it. */
import { allInOrder, catchFailure, valueOrThrow } from '../domain/failure.ts';
import type { KeyName } from '../domain/ids.ts';
import { type KeyUse, type KeyUser, nameOfUser, observedForMs, observedOnly } from '../domain/key-impact.ts';
import { type Observation, type ObservedVault, sameVaultUri } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { KeyedResource } from '../domain/ports/inventory.ts';
import { readableKinds } from './resources/registry.ts';

const sinceAt = (now: Date): string => new Date(now.getTime() - observedForMs).toISOString();

/** A resource with several keys in the vault is listed once for each. */
const usersIn = ({ id, name, kind: { noun }, keys, identities }: KeyedResource, { uri }: ObservedVault): KeyUser[] =>
  keys
    .filter(({ vaultUri }) => sameVaultUri(vaultUri, uri))
    .map(({ keyName, keyVersion }) => ({ id, name, noun, keyName, keyVersion, identities }));

/** Who declares the key, or any key of the vault, and who was observed using it. Throws an `AzureFailure`. */
export async function readKeyUse(
  { inventory, keyUsers }: Pick<Azure, 'inventory' | 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
  now: Date,
): Promise<KeyUse> {
  const [declared, hidden, observed] = await allInOrder([
    inventory.resourceKeys(readableKinds).then(valueOrThrow),
    keyUsers.hidden(readableKinds),
    keyUsers.observed(vault, sinceAt(now)),
  ]);
  const isMeant = (one: { readonly keyName: string }): boolean =>
    keyName === null || one.keyName.toLowerCase() === keyName.toLowerCase();
  const { resources, unread } = declared;
  return {
    users: resources.flatMap((one) => usersIn(one, vault)).filter(isMeant),
    unread,
    hidden: hidden.filter(({ subscriptionId: id }) => !unread.some(({ subscriptionId }) => subscriptionId === id)),
    observed: observed.outcome === 'read' ? { ...observed, users: observed.users.filter(isMeant) } : observed,
  };
}

const maxShown = 5;

/**
 * Returns who used the key without declaring it. Missing: that isn't known, which blocks nothing. What resources declare is
 * read only if someone else than the resource and the bot used the key.
 */
export async function observeUndeclared(
  azure: Pick<Azure, 'inventory' | 'keyUsers' | 'vaultLog'>,
  { resource, vault, key }: Pick<Observation, 'resource' | 'vault' | 'key'>,
  now: Date,
): Promise<Pick<Observation, 'undeclared'>> {
  if (key === null || azure.vaultLog === null) return {};
  const observed = await azure.keyUsers.observed(vault, sinceAt(now));
  if (observed.outcome !== 'read') return {};
  const own = {
    id: resource.id,
    identities: resource.principalId === null ? [] : [resource.principalId.toLowerCase()],
  };
  const users = observed.users.filter((call) => call.keyName === key.name.toLowerCase());
  if (observedOnly({ observed: { ...observed, users }, users: [own] }).length === 0) return { undeclared: [] };
  const use = await catchFailure(() => readKeyUse(azure, vault, key.name, now));
  if (!use.ok) return {};
  const found = observedOnly({ observed: use.value.observed, users: [own, ...use.value.users] });
  const last = new Map<string, string>();
  for (const call of found) {
    const name = nameOfUser(call);
    if (call.last > (last.get(name) ?? '')) last.set(name, call.last);
  }
  return { undeclared: [...last].map(([name, at]) => ({ name, last: at })).slice(0, maxShown) };
}
