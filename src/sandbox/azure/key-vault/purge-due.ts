import { reached } from '../state/latency.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { DeletedVault } from '../state/schema-deleted.ts';
import type { Vault, VaultKey } from '../state/schema-vaults.ts';

const dayMs = 86_400_000;

const after = (start: number, vault: Vault): string =>
  new Date(start + vault.softDeleteRetentionInDays * dayMs).toISOString();

/** When a deleted vault goes for good. */
export const purgeDateOf = ({ vault, deletedAt }: DeletedVault): string => after(Date.parse(deletedAt), vault);

const isDue = (vault: Vault, key: VaultKey, now: Date): boolean =>
  key.deletedAt !== null && reached(after(key.deletedAt * 1000, vault), now);

/** Deleted vaults and keys whose retention has ended are gone, also where purge protection is on. Returns whether any are. */
export const purgeDue = (state: SimulatorState, now: Date): boolean => {
  const held = (): number => state.deletedVaults.length + state.vaults.reduce((sum, { keys }) => sum + keys.length, 0);
  const before = held();
  state.deletedVaults = state.deletedVaults.filter((one) => !reached(purgeDateOf(one), now));
  for (const vault of state.vaults) vault.keys = vault.keys.filter((key) => !isDue(vault, key, now));
  return held() < before;
};
