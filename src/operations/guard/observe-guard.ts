/** Reads what Azure Policy refuses for one resource, once it has its key. A fact for people, which never stops a request. */
import type { GuardStates } from '../../domain/guard.ts';
import { type ArmId, armIdParts } from '../../domain/ids.ts';
import type { KeyChange } from '../../domain/key-change.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { judgeGuard } from './judge-guard.ts';
import { guardNames } from './template.ts';

const subscriptionOf = (id: ArmId): string => armIdParts(id).subscriptionId.toLowerCase();

/** Null: the policies of the resource's subscription can't be read. */
export async function observeGuard(
  { policies }: Pick<Azure, 'policies'>,
  id: ArmId,
  { to }: KeyChange,
  now: Date,
): Promise<GuardStates | null> {
  const [own, others] = [subscriptionOf(id), subscriptionOf(to.vaultId)];
  const read = policies.assigned(own, guardNames);
  const [its, vaults] = await Promise.all([read, others === own ? read : policies.assigned(others, guardNames)]);
  if (!its.ok) return null;
  const after = { id, name: '', customerKey: { vaultUri: '', keyName: to.keyName, keyVersion: null } };
  const vault = vaults.ok ? { id: to.vaultId, policies: vaults.value } : null;
  return judgeGuard(after, its.value, vault, now).states;
}
