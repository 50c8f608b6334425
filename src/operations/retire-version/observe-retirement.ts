/** Reads who uses the old version, and since when the agent has used the current one. */
import { done, type Outcome } from '../../domain/failure.ts';
import { retirementOf } from '../../domain/find-version-users.ts';
import type { KeyChange } from '../../domain/key-change.ts';
import type { Observation } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { readKeyUse } from '../read-key-use.ts';

export async function observeRetirement(
  azure: Azure,
  seen: Observation,
  { to, retire: old }: KeyChange,
  now: Date,
): Promise<Outcome<Observation>> {
  const { keyVersion: current } = to;
  if (old === undefined || current === null) return done(seen);
  const [found, use] = await Promise.all([
    azure.keys.get(to.vaultId, to.keyName, old),
    readKeyUse(azure, seen.vault, to.keyName, now),
  ]);
  if (!found.ok) return found;
  if (!use.ok) return use;
  const change = { agent: seen.resource, current, old };
  return done({ ...seen, retirement: retirementOf(use.value, change, found.value?.enabled ?? null, now) });
}
