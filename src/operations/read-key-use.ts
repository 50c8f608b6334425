/** Reads who declares a key, and who was observed using it. */
import { allInOrder, catchFailure, valueOrThrow } from '../domain/failure.ts';
import type { KeyName } from '../domain/ids.ts';
import { type KeyUse, nameOfUser, observedForMs, observedOnly } from '../domain/key-impact.ts';
import type { Observation, ObservedVault } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';

const sinceAt = (now: Date): string => new Date(now.getTime() - observedForMs).toISOString();

/** Who declares the key, or any key of the vault, and who was observed using it. Throws an `AzureFailure`. */
export async function readKeyUse(
  { keyUsers }: Pick<Azure, 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
  now: Date,
): Promise<KeyUse> {
  const [declared, observed] = await allInOrder([
    keyUsers.declared(vault).then(valueOrThrow),
    keyUsers.observed(vault, sinceAt(now)),
  ]);
  const isMeant = (one: { readonly keyName: string }): boolean =>
    keyName === null || one.keyName.toLowerCase() === keyName.toLowerCase();
  return {
    ...declared,
    users: declared.users.filter(isMeant),
    observed: observed.outcome === 'read' ? { ...observed, users: observed.users.filter(isMeant) } : observed,
  };
}

const maxShown = 5;

/**
 * Returns who used the key without declaring it. Missing: that isn't known, which blocks nothing. What resources declare is
 * read only if someone else than the agent and the bot used the key.
 */
export async function observeUndeclared(
  azure: Pick<Azure, 'keyUsers' | 'vaultLog'>,
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
