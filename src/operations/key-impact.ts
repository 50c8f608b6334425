/** Reads which resources use a vault or one of its keys. */
import { done, type Outcome } from '../domain/failure.ts';
import { armIdParts, type KeyName } from '../domain/ids.ts';
import type { KeyImpact } from '../domain/key-impact.ts';
import type { ObservedVault } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';

export async function readKeyImpact(
  { keyUsers }: Pick<Azure, 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
): Promise<Outcome<KeyImpact>> {
  const [declared, holders] = await Promise.all([keyUsers.declared(vault), keyUsers.holders(vault, keyName)]);
  if (!declared.ok) return declared;
  if (!holders.ok) return holders;
  const { users, unread, hidden } = declared.value;
  const isMeant = (name: string): boolean => keyName === null || name.toLowerCase() === keyName.toLowerCase();
  return done({
    vault: { id: vault.id, name: armIdParts(vault.id).name },
    keyName,
    users: users.filter((one) => isMeant(one.keyName)),
    unread,
    hidden,
    holders: holders.value,
  });
}
